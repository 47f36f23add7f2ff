/** A verdict as JSON, which is as it is. */
import { judgingStages } from "../words/Cascade.ts"
import type { TextSpan } from "../words/Redaction.ts"
import {
  type FeatureReason,
  judgedTurns,
  type OccludedSpan,
  type PolicyVerdict,
  type Verdict,
  type VerdictReason,
} from "../words/Verdict.ts"
import { siteFromJson } from "./TraceDocument.ts"
import { flag, list, number, oneOf, optional, type Reader, record, text, whole } from "./Reader.ts"

const tokens = record<Verdict["tokens"]>({ judged: whole, cached: whole })

const span = { start: whole, end: whole, without: number, effect: number }

const reason = record<VerdictReason>({
  ...span,
  side: oneOf(["prompt", "response"]),
  text,
  spans: list(record<OccludedSpan>(span)),
  features: optional(
    list(
      record<FeatureReason>({
        site: siteFromJson,
        layer: whole,
        index: whole,
        activation: number,
        label: optional(text),
        direct: number,
        effect: number,
      }),
    ),
  ),
  tokens,
})

const policyVerdict = record<PolicyVerdict>({
  policy: text,
  probability: number,
  bounds: optional(record<NonNullable<PolicyVerdict["bounds"]>>({ least: number, most: number })),
  threshold: number,
  flagged: flag,
  action: optional(oneOf(["flag", "redact"])),
  spans: optional(list(record<TextSpan>({ start: whole, end: whole }))),
  reason: optional(reason),
})

/** @throws Misread when it is none. */
export const verdictFromJson: Reader<Verdict> = record<Verdict>({
  flagged: flag,
  policies: list(policyVerdict),
  turn: optional(oneOf(judgedTurns)),
  redacted: optional(text),
  exchange: optional(record<NonNullable<Verdict["exchange"]>>({ messages: whole, leftOut: whole })),
  stage: optional(oneOf(judgingStages)),
  tokens,
})

export const verdictToJson = (verdict: Verdict): object => verdict
