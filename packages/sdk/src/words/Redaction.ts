/** Redaction: what a policy finds is cut out of a text, and the rest is let out. */
import type { PolicyVerdict } from "./Verdict.ts"

/** A stretch of a text, in UTF-16 units; `end` is behind the last one. */
export interface TextSpan {
  readonly start: number
  readonly end: number
}

/** A stretch that is cut out, and the policy whose name stands there instead. */
export interface Cut extends TextSpan {
  readonly policy: string
}

/** What is cut out by a verdict: in the order of the text, and none of them overlaps another. */
export const cutsOf = (policies: ReadonlyArray<PolicyVerdict>): ReadonlyArray<Cut> =>
  withoutOverlaps(
    policies.flatMap(({ action, flagged, policy, spans = [] }) =>
      flagged && action === "redact" ? spans.map((span) => ({ ...span, policy })) : [],
    ),
  )

/** How many characters of a text are cut out of it. */
export const cutLengthOf = (cuts: ReadonlyArray<Cut>, { length }: string): number =>
  cuts.reduce((sum, { end, start }) => sum + Math.min(end, length) - Math.max(start, 0), 0)

/** Of what overlaps, the first keeps its name. */
export function withoutOverlaps(cuts: ReadonlyArray<Cut>): ReadonlyArray<Cut> {
  const apart: Array<Cut> = []
  for (const cut of cuts.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = apart.at(-1)
    if (last === undefined || cut.start >= last.end) apart.push(cut)
    else apart[apart.length - 1] = { ...last, end: Math.max(last.end, cut.end) }
  }
  return apart
}

/**
 * A text without what is cut out of it: `[email]` stands where an address stood.
 *
 * @param cuts as {@link cutsOf} gives them.
 * @param from where the text begins in that which the cuts are places of: of one that began before, only the rest is left out.
 */
export function redact(text: string, cuts: ReadonlyArray<Cut>, from = 0): string {
  let redacted = ""
  let place = from
  for (const { end, policy, start } of cuts) {
    if (end <= from || start >= from + text.length) continue
    redacted += text.slice(place - from, Math.max(start, place) - from)
    if (start >= from) redacted += `[${policy}]`
    place = end
  }
  return redacted + text.slice(Math.max(0, place - from))
}
