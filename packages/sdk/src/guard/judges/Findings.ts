/** What lists and patterns find in a content, as a judgement. */
import { checkNumber } from "../../words/Checks.ts"
import type { ContentTexts } from "../../words/Content.ts"
import { invalidRequest } from "../../words/Errors.ts"
import { isRecord } from "../../words/Json.ts"
import type { Judge, JudgeCall, Judgement } from "../../words/Judge.ts"
import { type TextSpan, withoutOverlaps } from "../../words/Redaction.ts"
import { normaliseForJudging } from "../normaliseForJudging.ts"
import { actionFor, byPolicy, checkSettings, judgementOf, type JudgeSettings, redacts } from "./JudgeSettings.ts"

export interface FindingSettings extends JudgeSettings {
  /** How often what is found is rightly found, from 0 to 1: what ensembles weigh. One for all, or by policy. Default 1. */
  readonly precision?: number | Readonly<Record<string, number>> | undefined
}

/** What looks for one policy's finds. */
export interface Finder {
  readonly policy: string
  readonly isIn: (text: string) => boolean | Promise<boolean>
  /** Where they stand, as far as the text shows it; in no order. */
  readonly spansIn: (text: string) => ReadonlyArray<TextSpan> | Promise<ReadonlyArray<TextSpan>>
}

/** @throws InvalidRequestError that names the option */
export function checkFindings(settings: FindingSettings, policies: ReadonlyArray<string>): void {
  for (const [path, value] of byPolicy("precision", settings.precision, policies)) {
    if (value !== undefined) checkNumber(path, value, { min: 0, max: 1, integer: false })
  }
  checkSettings(settings, policies, true)
}

/** @throws InvalidRequestError where there is nothing to look for */
export function checkListed(option: string, lists: unknown): asserts lists is Readonly<Record<string, unknown>> {
  if (isRecord(lists) && Object.keys(lists).length > 0) return
  throw invalidRequest(option, "it names no policy", "Pass an object of at least one policy.")
}

/**
 * A judge of what is found. The text is looked at as it came, and without the tricks that hide words; of an exchange it is the
 * answer, of a prompt alone the prompt.
 *
 * @param longestSpan UTF-16 units that it cuts out at once, at most; what is longer is held back.
 */
export const judgeOfFinders = (
  name: string,
  finders: (call: JudgeCall) => Promise<ReadonlyArray<Finder>>,
  settings: FindingSettings,
  longestSpan: number,
): Judge => ({
  name,
  ...(redacts(settings) && { longestSpan }),
  judge: async (content, call) => {
    const readings = readingsOf(content, call)
    const found: Array<Found> = []
    for (const finder of await finders(call)) {
      const isFound = await isInAny(finder, readings)
      const isRedacted = isFound && actionFor(settings, finder.policy) === "redact"
      const spans = isRedacted ? await placesIn(textOf(call.original), finder, longestSpan) : undefined
      found.push({ policy: finder.policy, isFound, spans })
    }
    return judgementOfFindings(found, settings)
  },
})

interface Found {
  readonly policy: string
  readonly isFound: boolean
  readonly spans: ReadonlyArray<TextSpan> | undefined
}

const textOf = ({ prompt = "", response }: ContentTexts): string => response ?? prompt

const readingsOf = (content: ContentTexts, { original }: JudgeCall): ReadonlyArray<string> => [
  ...new Set([textOf(original), textOf(content), normaliseForJudging(textOf(content))]),
]

async function isInAny({ isIn }: Finder, readings: ReadonlyArray<string>): Promise<boolean> {
  for (const text of readings) if (await isIn(text)) return true
  return false
}

/** What stands in place of what was found while more is looked for: as long, and part of no word. */
const blank = "\ufffc"
/** A find may hide another that overlaps it; not more of them than these. */
const mostRounds = 8

/**
 * Where all that is found stands; undefined where some of it shows only without the tricks that hide it, or is too long to be cut
 * out.
 */
async function placesIn(text: string, finder: Finder, longest: number): Promise<Found["spans"]> {
  let left = text
  let spans: ReadonlyArray<TextSpan> = []
  for (let round = 0; round < mostRounds; round++) {
    const more = await finder.spansIn(left)
    if (more.length === 0) break
    for (const { end, start } of more) left = left.slice(0, start) + blank.repeat(end - start) + left.slice(end)
    spans = [...spans, ...more]
  }
  if (await isInAny(finder, [left, normaliseForJudging(left)])) return undefined
  const apart = withoutOverlaps(spans.map((span) => ({ ...span, policy: finder.policy })))
  const isShort = apart.every(({ end, start }) => end - start <= longest)
  return isShort ? apart.map(({ end, start }) => ({ start, end })) : undefined
}

/** What is found is flagged, however often it is right, unless a threshold says otherwise. */
function judgementOfFindings(
  found: ReadonlyArray<Found>,
  settings: FindingSettings,
): { readonly policies: Judgement["policies"] } {
  const { precision = 1 } = settings
  const scores = found.map(({ isFound, policy, spans }) => {
    const right = typeof precision === "number" ? precision : Object.hasOwn(precision, policy) ? precision[policy] : 1
    return { policy, score: isFound ? (right ?? 1) : 0, isFlagged: isFound, spans }
  })
  return judgementOf(scores, settings)
}
