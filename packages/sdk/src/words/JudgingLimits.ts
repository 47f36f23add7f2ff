import { invalidRequest } from "./Errors.ts"

/** How much one request may have judged, and how long. */
export interface JudgingLimits {
  /** UTF-16 units of a prompt, and of a response. */
  readonly characters: number
  readonly policies: number
  /** From when the request has its place, in milliseconds. */
  readonly timeoutMs: number
}

/** Where nobody says otherwise. */
export const defaultJudgingLimits: JudgingLimits = { characters: 65_536, policies: 32, timeoutMs: 120_000 }

/**
 * Refuses a text before any work is done on it: how much that is, whoever sends it would choose.
 *
 * @throws InvalidRequestError that names the text.
 */
export function checkJudgedLength(option: "prompt" | "response", text: string, { characters }: JudgingLimits): void {
  if (text.length <= characters) return
  throw invalidRequest(
    option,
    `${text.length} characters, where at most ${characters} are judged`,
    "Shorten it, judge it in parts, or raise `judging.characters` when opening.",
  )
}

/** Spelt out, a text may be longer than it came: a letter of Arabic's presentation forms stands for eighteen. */
const mostUnfolding = 2

/** @throws InvalidRequestError where a text became many times longer when its letters were spelt out */
export function checkUnfolded(option: "prompt" | "response", text: string, { characters }: JudgingLimits): void {
  if (text.length <= characters * mostUnfolding) return
  throw invalidRequest(
    option,
    `${text.length} characters when spelt out, where at most ${characters * mostUnfolding} are judged`,
    "Shorten it, judge it in parts, or raise `judging.characters` when opening.",
  )
}

/** @throws InvalidRequestError that says how many there may be. */
export function checkPolicyCount(policies: ReadonlyArray<unknown>, { policies: most }: JudgingLimits): void {
  if (policies.length <= most) return
  throw invalidRequest(
    "policies",
    `${policies.length} of them, where at most ${most} are judged at once`,
    "Ask for fewer, or raise `judging.policies` when opening.",
  )
}
