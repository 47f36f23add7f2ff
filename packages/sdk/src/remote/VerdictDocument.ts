/** A verdict as JSON, which is as it is. */
import { judgedTurns, type PolicyVerdict, type Verdict } from "../words/Verdict.ts"
import { flag, list, number, oneOf, optional, type Reader, record, text, whole } from "./Reader.ts"

const policyVerdict = record<PolicyVerdict>({
  policy: text,
  probability: number,
  bounds: optional(record<NonNullable<PolicyVerdict["bounds"]>>({ least: number, most: number })),
  threshold: number,
  flagged: flag,
  action: optional(oneOf(["flag"])),
})

/** @throws Misread when it is none. */
export const verdictFromJson: Reader<Verdict> = record<Verdict>({
  flagged: flag,
  policies: list(policyVerdict),
  turn: optional(oneOf(judgedTurns)),
  tokens: record<Verdict["tokens"]>({ judged: whole, cached: whole }),
})

export const verdictToJson = (verdict: Verdict): object => verdict
