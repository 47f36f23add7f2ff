/** Checks of what callers pass, TypeScript or not. */
import { InvalidRequestError, invalidRequest } from "./Errors.ts"

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

/** @throws InvalidRequestError unless it is left out or a whole number of at least 1. */
export function checkCount(option: string, value: unknown): void {
  if (value === undefined || (typeof value === "number" && Number.isSafeInteger(value) && value >= 1)) return
  throw invalidRequest(option, `${show(value)} is out of range`, "Use a whole number of at least 1.")
}

/** @throws InvalidRequestError unless it is left out or one of the valid ones, which it lists. */
export function checkOneOf(option: string, value: unknown, valid: ReadonlyArray<unknown>): void {
  if (value === undefined || valid.includes(value)) return
  throw invalidRequest(option, `${show(value)} is not valid`, `Use one of ${valid.map(show).join(", ")}.`)
}

/** @throws InvalidRequestError unless it is left out or a function. */
export function checkFunction(option: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return
  throw invalidRequest(option, `${typeof value} where a function is expected`, "Pass a function, or leave it out.")
}

/** @throws InvalidRequestError unless it is left out or `true` or `false`. */
export function checkFlag(option: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return
  throw invalidRequest(option, `${typeof value} where true or false is expected`, "Pass true or false.")
}

/** The numbers that an option takes. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly integer: boolean
}

/** @throws InvalidRequestError unless it is a number of the range. */
export function checkNumber(option: string, value: unknown, { integer, max, min }: NumberRange): void {
  const fits = typeof value === "number" && value >= min && value <= max && (!integer || Number.isInteger(value))
  if (fits) return
  const kind = integer ? "an integer" : "a number"
  const range = max === Number.MAX_SAFE_INTEGER ? `${kind} of at least ${min}` : `${kind} from ${min} to ${max}`
  throw invalidRequest(option, `${show(value)} is out of range`, `Use ${range}.`)
}

/**
 * Checks that a text is well-formed Unicode: half of a surrogate pair is the one thing that a JavaScript string can hold
 * and a tokenizer cannot.
 *
 * @param option - where the text came from, as its path: `prompt`, `messages[2].content`
 * @throws InvalidRequestError when it is no string or has a lone surrogate, with its place
 */
export function checkUnicode(option: string, text: unknown): asserts text is string {
  if (typeof text !== "string") {
    throw new InvalidRequestError({
      option,
      problem: `${text === null ? "null" : typeof text} where text is expected`,
      remedy: "Pass a string.",
    })
  }
  if (text.isWellFormed()) return
  const place = text.search(/\p{Surrogate}/u)
  throw new InvalidRequestError({
    option,
    problem: `not well-formed Unicode: a lone surrogate stands at index ${place}`,
    remedy: "Do not cut strings between the two halves of a character; toWellFormed() replaces what is broken.",
  })
}

/** A value as a message shows it, whatever it is: in a circle, nested deeper than a call stack reaches, a trap. */
export function show(value: unknown): string {
  if (typeof value === "function") return "a function"
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return isListed(value) ? "a list" : "an object"
  }
}

/** A proxy that was revoked is not even asked whether it is a list. */
function isListed(value: unknown): boolean {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}
