/** What a shielded route is told. */
import type { Facet, OpenOptions } from "@facet/sdk"
import {
  type Blocked,
  checkCount,
  checkFlag,
  checkFunction,
  checkKnown,
  guardOptionNames,
  type GuardOptions,
  type GuardPlan,
  invalidRequest,
  pickGuardOptions,
  readGuardOptions,
  show,
} from "@facet/sdk/words"
import type { Context } from "hono"
import type { ShieldReport } from "./ShieldReport.ts"

export interface ShieldRouteOptions extends GuardOptions {
  /**
   * An open Facet, which is shared and never closed here; or the options of `Facet.open`: opened with the first request,
   * once per process, and closed with `dispose()`. Default: the embedded model.
   */
  readonly facet?: Facet | OpenOptions | undefined
  /** The ShieldGemma that judges, as a folder or an id: short for `facet: { shield: model }`. */
  readonly model?: string | undefined
  /**
   * Tells what is to be judged of a request, in place of its body: a text, or `undefined` for nothing. The body is read
   * and limited as ever, and may be read here in any way. What it throws is the app's error: the handler is not called.
   */
  readonly extract?: ((c: Context) => string | undefined | Promise<string | undefined>) | undefined
  /**
   * Answers in place of the problem document when a request, or an answer before its first byte, was blocked.
   * `blocked.reason` tells whether a policy was violated or the guard failed. `undefined` leaves the document.
   */
  readonly onBlocked?:
    | ((c: Context, blocked: Blocked) => Response | undefined | Promise<Response | undefined>)
    | undefined
  /**
   * Told exactly once of each request, when its answer has ended: done, blocked, failed or left by the client. What it
   * throws is written to the console, and decides nothing.
   */
  readonly onReport?: ((report: ShieldReport, c: Context) => unknown) | undefined
  /**
   * Whether parts `facet.*` and `providerMetadata.facet` of an answer go out. Default false: a model or a server behind the
   * route could make up verdicts and traces. Set it where the handler makes them itself, with `@facet/ai-sdk-provider`,
   * whose `shieldMiddleware()` takes out those of others.
   */
  readonly trustFacetParts?: boolean | undefined
  /** The most bytes of a request's body, also after decompression. More is answered with 413. Default 1 MiB. */
  readonly maxBodyBytes?: number | undefined
  /**
   * The most bytes of an answer that are held until they are judged: of a JSON document, a text, an answer in mode
   * `buffer`, one event or line of a stream. An answer with more is one that cannot be judged. Default 4 MiB.
   */
  readonly maxHeldBytes?: number | undefined
  /**
   * Tells clients apart, such as by a session: judgements of one share no prefixes with those of another, so that nobody
   * learns from times what others sent, and where many wait, clients take turns. Default: all are one.
   */
  readonly clientOf?: ((c: Context) => string | undefined) | undefined
}

export const defaultMaxBodyBytes = 1024 * 1024
export const defaultMaxHeldBytes = 4 * 1024 * 1024

const ownNames = [
  "facet",
  "model",
  "extract",
  "onBlocked",
  "onReport",
  "trustFacetParts",
  "maxBodyBytes",
  "maxHeldBytes",
  "clientOf",
] as const satisfies ReadonlyArray<keyof ShieldRouteOptions>

/**
 * How the guard understood its part of the options.
 *
 * @throws InvalidRequestError that names the option that is wrong, the guard's or the route's.
 */
export function readShieldOptions(options: ShieldRouteOptions): GuardPlan {
  checkKnown(options, [...ownNames, ...guardOptionNames])
  for (const name of ["extract", "onBlocked", "onReport", "clientOf"] as const) checkFunction(name, options[name])
  checkFlag("trustFacetParts", options.trustFacetParts)
  for (const name of ["maxBodyBytes", "maxHeldBytes"] as const) checkCount(name, options[name])
  const { facet, model } = options
  if (model !== undefined && (typeof model !== "string" || model === "")) {
    throw invalidRequest("model", `${show(model)} is not a path or an id`, "Use a folder's path or an id.")
  }
  if (model !== undefined && facet !== undefined) {
    throw invalidRequest("model", "`facet` names one already", "Name the model in one of the two.")
  }
  return readGuardOptions(pickGuardOptions(options))
}
