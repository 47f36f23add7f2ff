/** What lists and patterns found of a content, as a judgement. */
import { invalidRequest } from "../../words/Errors.ts"
import { checkNumber } from "../../words/Checks.ts"
import { isRecord } from "../../words/Json.ts"
import type { Judgement } from "../../words/Judge.ts"
import { judgementOf, type JudgeSettings } from "./JudgeSettings.ts"

export interface FindingSettings extends JudgeSettings {
  /** How often what is found is rightly found, from 0 to 1: what ensembles weigh. One for all, or by policy. Default 1. */
  readonly precision?: number | Readonly<Record<string, number>> | undefined
}

/** @throws InvalidRequestError that names the option */
export function checkPrecision(precision: FindingSettings["precision"]): void {
  const all = isRecord(precision) ? Object.entries(precision) : [["", precision] as const]
  for (const [id, value] of all) {
    if (value === undefined) continue
    checkNumber(id === "" ? "precision" : `precision.${id}`, value, { min: 0, max: 1, integer: false })
  }
}

/** What is found is flagged, however often it is right, unless a threshold says otherwise. */
export function judgementOfFindings(
  found: ReadonlyArray<readonly [policy: string, isFound: boolean]>,
  settings: FindingSettings,
): { readonly policies: Judgement["policies"] } {
  const { precision = 1 } = settings
  const scores = found.map(([policy, isFound]) => {
    const right = typeof precision === "number" ? precision : Object.hasOwn(precision, policy) ? precision[policy] : 1
    return { policy, score: isFound ? (right ?? 1) : 0, isFlagged: isFound }
  })
  return judgementOf(scores, settings)
}

/** @throws InvalidRequestError where there is nothing to look for */
export function checkListed(option: string, lists: unknown): asserts lists is Readonly<Record<string, unknown>> {
  if (isRecord(lists) && Object.keys(lists).length > 0) return
  throw invalidRequest(option, "it names no policy", "Pass an object of at least one policy.")
}
