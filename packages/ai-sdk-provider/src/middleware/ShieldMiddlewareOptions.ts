/** What a shield around other models is told, checked before any model is called. */
import { InvalidArgumentError } from "@ai-sdk/provider"
import type { Blocked, Facet, GuardMode, GuardOptions, GuardReport, OpenOptions, policies } from "@facet/sdk"

export interface ShieldMiddlewareOptions extends GuardOptions {
  /**
   * An open `Facet`, which is shared and never closed here, or the options to open one with: it is opened with the first
   * call, once per process and model, and closed by `dispose()`. Default: the embedded model.
   */
  readonly facet?: Facet | OpenOptions | undefined
  /**
   * Told when something was blocked. A text that it gives is said in place of what was blocked, unjudged; the finish
   * reason stays `content-filter`. What it throws becomes the call's error.
   */
  readonly onBlocked?: ((blocked: Blocked) => string | undefined | Promise<string | undefined>) | undefined
  /** Told once of each call that was not aborted. What it throws becomes the call's error. */
  readonly onReport?: ((report: GuardReport) => void) | undefined
}

const guardNames = ["policies", "input", "output", "mode", "onError", "timeoutMs"] as const satisfies ReadonlyArray<
  keyof GuardOptions
>
const ownNames = ["facet", "onBlocked", "onReport"] as const satisfies ReadonlyArray<keyof ShieldMiddlewareOptions>

const modes = ["window", "buffer", "audit"] as const satisfies ReadonlyArray<GuardMode>
const choices = {
  input: [true, false, "before", "parallel"],
  output: [true, false, ...modes],
  mode: modes,
  onError: ["block", "allow"],
} as const satisfies { readonly [Name in keyof GuardOptions]?: ReadonlyArray<GuardOptions[Name]> }

/** Written out, since the policies themselves come with the whole SDK, which is loaded with the first call. */
const policyIds: Readonly<Record<keyof typeof policies, true>> = {
  dangerous_content: true,
  harassment: true,
  hate_speech: true,
  sexually_explicit: true,
}

/** What the guard itself is told of the options. */
export function guardOptionsOf(options: ShieldMiddlewareOptions): GuardOptions {
  const { input, mode, onError, output, policies, timeoutMs } = options
  return { input, mode, onError, output, policies, timeoutMs }
}

/** Whether what is flagged is blocked. */
export const canBlock = ({ mode, output }: GuardOptions): boolean => mode !== "audit" && output !== "audit"

/** @throws InvalidArgumentError that names the option */
export function checkShieldOptions(options: ShieldMiddlewareOptions): void {
  const given: unknown = options
  if (!isObject(given)) throw invalid("options", "something else than an object was passed", "Pass an object.")
  const known: ReadonlyArray<string> = [...ownNames, ...guardNames]
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined) throw invalid(unknown, "there is no such option", `There are: ${known.join(", ")}.`)
  checkOwn(given)
  checkChoices(given)
  checkTimeout(given["timeoutMs"])
  checkPolicies(given["policies"])
  checkTogether(options)
}

function checkOwn(options: Readonly<Record<string, unknown>>): void {
  for (const name of ["onBlocked", "onReport"] as const) {
    if (options[name] === undefined || typeof options[name] === "function") continue
    throw invalid(name, `${typeof options[name]} where a function is expected`, "Pass a function, or leave it out.")
  }
  if (options["facet"] === undefined || isObject(options["facet"])) return
  throw invalid("facet", "it is no Facet", "Pass an open Facet, or the options to open one with.")
}

function checkChoices(options: Readonly<Record<string, unknown>>): void {
  for (const [name, valid] of Object.entries(choices)) {
    const value = options[name]
    if (value === undefined || valid.some((choice) => choice === value)) continue
    throw invalid(name, `${shown(value)} is not valid`, `Use one of ${valid.map(shown).join(", ")}.`)
  }
}

/** A timer cannot wait longer. */
const longestTimeoutMs = 2 ** 31 - 1

function checkTimeout(timeoutMs: unknown): void {
  if (timeoutMs === undefined) return
  if (typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs <= longestTimeoutMs) return
  throw invalid("timeoutMs", `${shown(timeoutMs)} is out of range`, "Use a number of milliseconds above 0.")
}

function checkPolicies(list: unknown): void {
  if (list === undefined) return
  const ids = Object.keys(policyIds).join(", ")
  const remedy = `Pass a list of ${ids}, or of policies made with definePolicy().`
  if (!Array.isArray(list)) throw invalid("policies", `${typeof list} where a list is expected`, remedy)
  if (list.length === 0) throw invalid("policies", "the list is empty", remedy)
  const named = new Set<unknown>()
  for (const [index, policy] of list.entries()) {
    const path = `policies[${index}]`
    const id: unknown = typeof policy === "string" ? policy : checkPolicy(path, policy)["id"]
    if (typeof policy === "string" && !Object.hasOwn(policyIds, policy)) {
      throw invalid(path, `${shown(policy)} is no policy`, `Use one of ${ids}, or a policy made with definePolicy().`)
    }
    if (named.has(id)) throw invalid(path, `${shown(id)} comes twice`, "Name each policy once.")
    named.add(id)
  }
}

const policyTexts = ["id", "harm", "promptGuideline", "responseGuideline"] as const

function checkPolicy(path: string, policy: unknown): Readonly<Record<string, unknown>> {
  const remedy = "Use an id, or a policy made with definePolicy()."
  if (!isObject(policy)) throw invalid(path, `${shown(policy)} is no policy`, remedy)
  const unknown = Object.keys(policy).find((key) => key !== "threshold" && !policyTexts.some((text) => text === key))
  if (unknown !== undefined) throw invalid(`${path}.${unknown}`, "there is no such field", remedy)
  for (const field of policyTexts) {
    const text = policy[field]
    if (typeof text !== "string" || text.trim() === "") throw invalid(`${path}.${field}`, "it is no text", remedy)
  }
  const { threshold } = policy
  if (typeof threshold === "number" && threshold >= 0 && threshold <= 1) return policy
  throw invalid(`${path}.threshold`, `${shown(threshold)} is no probability`, "Use a number from 0 to 1.")
}

function checkTogether({ input, mode, output }: GuardOptions): void {
  if (input === false && output === false) {
    throw invalid("output", "neither what comes in nor what goes out is judged", "Leave `input` or `output` on.")
  }
  if (typeof output === "string" && mode !== undefined && output !== mode) {
    throw invalid("mode", `"${mode}" contradicts output: "${output}"`, "Name one mode.")
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const shown = (value: unknown): string =>
  typeof value === "string" || typeof value === "boolean" ? JSON.stringify(value) : String(value)

const invalid = (argument: string, problem: string, remedy: string): InvalidArgumentError =>
  new InvalidArgumentError({ argument, message: `${argument}: ${problem}. ${remedy}` })
