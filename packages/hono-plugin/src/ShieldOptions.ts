/** What a shielded route is told. */
import {
  type Blocked,
  definePolicy,
  type Facet,
  guard,
  type GuardOptions,
  type GuardPlan,
  InvalidRequestError,
  type OpenOptions,
} from "@facet/sdk"
import * as Effect from "effect/Effect"
import type { Context } from "hono"
import type { ShieldReport } from "./ShieldReport.ts"

export interface ShieldOptions extends GuardOptions {
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
  /** Told once of each request, when its answer has ended. What it throws is ignored: it decides nothing. */
  readonly onReport?: ((report: ShieldReport, c: Context) => void) | undefined
  /** The most bytes of a request's body, also after decompression. More is answered with 413. Default 1 MiB. */
  readonly maxBodyBytes?: number | undefined
}

export const defaultMaxBodyBytes = 1024 * 1024

const own = ["facet", "model", "extract", "onBlocked", "onReport", "maxBodyBytes"] as const
const guards = ["policies", "input", "output", "mode", "onError", "timeoutMs"] as const satisfies ReadonlyArray<
  keyof GuardOptions
>

/** What the guard itself is told of the options. */
export function guardOptionsOf(options: ShieldOptions): GuardOptions {
  const { input, mode, onError, output, policies, timeoutMs } = options
  return { input, mode, onError, output, policies, timeoutMs }
}

/** How the guard understood its options. */
export const planOf = (options: ShieldOptions): GuardPlan => Effect.runSync(guard(guardOptionsOf(options))).plan

/** @throws InvalidRequestError that names the option */
export function checkShieldOptions(options: ShieldOptions): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalid("options", "something else than an object was passed", "Pass an object, or leave it out.")
  }
  const known: ReadonlyArray<string> = [...own, ...guards]
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw invalid(unknown, "there is no such option", `There are: ${known.join(", ")}.`)
  for (const name of ["extract", "onBlocked", "onReport"] as const) {
    const value: unknown = options[name]
    if (value !== undefined && typeof value !== "function") {
      throw invalid(name, `${typeof value} where a function is expected`, "Pass a function, or leave it out.")
    }
  }
  const { facet, maxBodyBytes = defaultMaxBodyBytes, model, policies } = options
  if (!(Number.isInteger(maxBodyBytes) && maxBodyBytes >= 1)) {
    throw invalid("maxBodyBytes", `${maxBodyBytes} is out of range`, "Use a whole number of at least 1.")
  }
  if (model !== undefined && (typeof model !== "string" || model === "")) {
    throw invalid("model", `${JSON.stringify(model)} is not a path or an id`, "Use a folder's path or an id.")
  }
  if (model !== undefined && facet !== undefined) {
    throw invalid("model", "`facet` names one already", "Name the model in one of the two.")
  }
  // A policy that was not made with definePolicy() is checked like one that was.
  for (const policy of Array.isArray(policies) ? policies : []) if (typeof policy === "object") definePolicy(policy)
}

const invalid = (option: string, problem: string, remedy: string): InvalidRequestError =>
  new InvalidRequestError({ option, problem, remedy })
