/** What every server of this package is told, checked when the app starts. */
import { defaultQueue, Facet, type OpenOptions } from "@facet/sdk"
import {
  checkCount,
  checkFunction,
  checkKnown,
  type GuardOptions,
  invalidRequest,
  readGuardOptions,
  show,
} from "@facet/sdk/words"
import type { Context } from "hono"
import type { ExchangeHooks, RequestReport, Route } from "./Exchange.ts"

export interface ServerOptions {
  /**
   * An open Facet, which is shared and never closed here; or the options of `Facet.open`, which is called on the first
   * request and closed by `dispose()`. Default: the embedded model.
   */
  readonly facet?: Facet | OpenOptions | undefined
  /** Short for `facet: { model }`. */
  readonly model?: string | undefined
  /** Short for `facet: { queue }`: the most requests that run or wait. One more is answered with 503. */
  readonly queue?: number | undefined
  /** Keys of which a request must bear one, as `Authorization: Bearer KEY`. Default: everybody may ask. */
  readonly apiKey?: string | ReadonlyArray<string> | undefined
  /**
   * The most requests that one client may have under way: one more is answered with 429. Clients are told apart by their
   * key, without keys by their address, where the runtime tells it (`@hono/node-server`), or by `clientOf`. Default: half of
   * `queue`, or of its default with an open Facet, so that nobody holds all of it.
   */
  readonly maxPerClient?: number | undefined
  /**
   * Tells clients apart, such as by a session, or by the header of a proxy that is trusted. `undefined`: the request counts
   * for nobody.
   */
  readonly clientOf?: ((context: Context) => string | undefined) | undefined
  /** Judge what comes in and what goes out. Default: off. */
  readonly guard?: boolean | GuardOptions | undefined
  /** The largest body of a request. Default: 1 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** Told of each request when it is over. What it throws is written to the console, and decides nothing. */
  readonly onRequest?: ((report: RequestReport) => void) | undefined
  /**
   * Told of failures that are not the client's, as they were before they were made fit for clients; and of a guard that
   * could not judge, where it was told to let through what it cannot judge. What it throws is written to the console.
   */
  readonly onError?: ((error: unknown, request: { readonly id: string; readonly route: Route }) => void) | undefined
}

/** The options as they were understood. */
export interface ServerSettings extends ExchangeHooks {
  readonly facet: Facet | OpenOptions
  readonly keys: ReadonlyArray<string>
  readonly guard: boolean | GuardOptions | undefined
  readonly maxBodyBytes: number
  readonly maxPerClient: number
  readonly clientOf: ServerOptions["clientOf"]
}

export const serverOptionNames = [
  "facet",
  "model",
  "queue",
  "apiKey",
  "maxPerClient",
  "clientOf",
  "guard",
  "maxBodyBytes",
  "onRequest",
  "onError",
] as const satisfies ReadonlyArray<keyof ServerOptions>

/**
 * @param names of all options that there are.
 * @throws InvalidRequestError that names the option, and what to do.
 */
export function readServerOptions(options: ServerOptions, names: ReadonlyArray<string>): ServerSettings {
  checkKnown(options, names)
  const facet = readFacet(options)
  for (const hook of ["clientOf", "onRequest", "onError"] as const) checkFunction(hook, options[hook])
  for (const count of ["maxBodyBytes", "maxPerClient"] as const) checkCount(count, options[count])
  return {
    facet,
    keys: readKeys(options.apiKey),
    guard: readGuard(options.guard),
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
    maxPerClient: options.maxPerClient ?? halfOf(facet instanceof Facet ? undefined : facet.queue),
    clientOf: options.clientOf,
    onRequest: options.onRequest,
    onError: options.onError,
  }
}

function readFacet({ facet, model, queue }: ServerOptions): Facet | OpenOptions {
  checkCount("queue", queue)
  checkName("model", model)
  const own = { ...(model !== undefined && { model }), ...(queue !== undefined && { queue }) }
  if (facet === undefined) return own
  if (typeof facet !== "object" || facet === null) {
    throw invalidRequest(
      "facet",
      "it is neither a Facet nor options",
      "Pass an open Facet, or the options of Facet.open().",
    )
  }
  for (const name of Object.keys(own)) {
    if (!(facet instanceof Facet) && !(name in facet)) continue
    throw invalidRequest(
      name,
      "it is settled by `facet`",
      `Leave \`${name}\` out, or pass it in the options of \`facet\` alone.`,
    )
  }
  if (facet instanceof Facet) return facet
  for (const name of ["model", "shield"] as const) checkName(`facet.${name}`, facet[name])
  checkCount("facet.queue", facet.queue)
  return { ...facet, ...own }
}

/** What answers bear as their model's name is made of it. */
function checkName(option: string, name: unknown): void {
  if (name === undefined || (typeof name === "string" && name !== "")) return
  throw invalidRequest(option, `${show(name)} is not a path or an id`, "Use a folder's path or an id.")
}

/** What is wrong with a queue is said by whoever opens it. */
const halfOf = (queue: number = defaultQueue): number => Math.max(1, Math.ceil(queue / 2))

function readKeys(given: ServerOptions["apiKey"]): ReadonlyArray<string> {
  if (given === undefined) return []
  const keys = typeof given === "string" ? [given] : given
  const isList = Array.isArray(keys) && keys.length > 0
  if (isList && keys.every((key) => typeof key === "string" && /^[\x21-\x7e]+$/.test(key))) return keys
  throw invalidRequest(
    "apiKey",
    "it is not a key, or a list of keys, of printable ASCII without spaces",
    "Pass at least one key, or leave it out to let everybody ask.",
  )
}

/** What is wrong with the guard's own options is said by the guard. */
function readGuard(guard: ServerOptions["guard"]): ServerSettings["guard"] {
  if (guard === undefined || guard === false) return undefined
  readGuardOptions(guard === true ? {} : guard)
  return guard
}

/** @returns what a model is called before clients: a path is nobody's business but the server's, so only its last name. */
export function publicModelName(model: string): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(model) && !model.startsWith(".")) return model
  return model.split(/[\\/]/).findLast((part) => part !== "") ?? "gemma-2"
}
