/** Checks of what callers pass, TypeScript or not. */
import * as Effect from "effect/Effect"
import { asFacetError, type FacetError, invalidRequest } from "./Errors.ts"

/** Runs a check that throws one of our errors, and fails with it. */
export const checked = <A>(check: () => A): Effect.Effect<A, FacetError> =>
  Effect.try({ try: check, catch: (cause) => asFacetError("Reading the request", cause) })

/**
 * Refuses what is no plain object, and options that nobody reads: a setting that is misspelt must not be ignored in
 * silence.
 *
 * @param option the options' own name, where they are part of others.
 * @throws InvalidRequestError that names the option, and those that there are.
 */
export function checkKnown(options: unknown, known: ReadonlyArray<string>, option = ""): asserts options is object {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const problem = `${options === null ? "null" : typeof options} where an object is expected`
    throw invalidRequest(option === "" ? "options" : option, problem, `Pass an object of ${known.join(", ")}.`)
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown === undefined) return
  const path = option === "" ? unknown : `${option}.${unknown}`
  throw invalidRequest(path, "there is no such option", `There are: ${known.join(", ")}.`)
}

/** @throws InvalidRequestError unless it is left out or a whole number; whether the model has it is known there. */
export function checkWhole(option: string, value: unknown): void {
  if (value === undefined || Number.isInteger(value)) return
  const shown = typeof value === "number" ? String(value) : typeof value
  throw invalidRequest(option, `${shown} where a whole number is expected`, "Pass a whole number, or leave it out.")
}
