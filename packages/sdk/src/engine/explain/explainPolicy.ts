/**
 * Which words a policy's verdict hangs on, by occlusion: stretches of the content are hidden, and the rest is judged as the
 * whole was (Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2013, for text). Nothing is
 * differentiated, so that any runtime can do it, and what it says was seen to happen.
 *
 * All contents begin alike, up to the words that are missing, and one sequence serves them all.
 */
import * as Effect from "effect/Effect"
import type { FacetError } from "../../words/Errors.ts"
import { inSlices } from "../../words/inSlices.ts"
import type { Policy } from "../../words/Policy.ts"
import { policyProbability } from "../../words/policyProbability.ts"
import type { OccludedSpan, VerdictReason } from "../../words/Verdict.ts"
import type { OpenModel } from "../OpenModel.ts"
import type { SharedPrefix } from "../SharedPrefix.ts"
import { shieldPrompt } from "../shieldPrompt.ts"
import { answerTo } from "../answerTo.ts"
import { chooseSpan, searchSpan, type Tried, type WordSpan } from "./searchSpan.ts"
import { type Stretch, without, wordsOf } from "./Words.ts"

/** A content that fits into the model's window, and the margin that it was judged with. */
export interface Judged {
  readonly prompt?: string | undefined
  readonly response?: string | undefined
  /** Where the judged side begins in the text that it is a piece of, in UTF-16 units. */
  readonly offset: number
  /** `logit(Yes) - logit(No)`. */
  readonly margin: number
}

/** What an explanation runs on. */
export interface Explaining {
  readonly model: OpenModel
  readonly shared: SharedPrefix
  readonly policy: Policy
  /** The most tokens that may be run. */
  readonly budget: number
  /** Stretches of the side that explained another policy: tried first, and enough where they are. */
  readonly known: ReadonlyArray<Stretch>
}

interface Measured extends Tried, Stretch {
  readonly effect: number
}

/** The reason, or undefined where the budget is too small to try anything or there are no words to be tried. */
export function explainPolicy(
  explaining: Explaining,
  judged: Judged,
): Effect.Effect<VerdictReason | undefined, FacetError> {
  const { budget, known, model, policy, shared } = explaining
  const side = judged.response === undefined ? "prompt" : "response"
  const text = judged[side] ?? ""
  const words = wordsOf(text)
  return Effect.gen(function* () {
    const begun = shared.tokens
    const spent = (): number => shared.tokens.judged - begun.judged
    const tried: Array<Measured> = []
    /** P(violation) with a stretch hidden, or undefined where it would cost too much to know. */
    const measure = (span: WordSpan) =>
      Effect.gen(function* () {
        // Steps from either side may come to the same stretch.
        const before = tried.find(({ from, to }) => from === span.from && to === span.to)
        if (before !== undefined) return before.without
        const [start, end] = [words[span.from]?.start ?? 0, words[span.to - 1]?.end ?? 0]
        const rest = without(text, { start, end })
        const tokens = yield* inSlices(() =>
          shieldPrompt(model.tokenizer, { ...judged, [side]: rest, policy, spelling: model.spelling }),
        )
        if (spent() + shared.costOf(tokens) > budget) return undefined
        const margin = yield* answerTo(shared, model, tokens)
        const probability = policyProbability(margin, policy.calibration)
        tried.push({ ...span, start, end, without: probability, effect: judged.margin - margin })
        return probability
      })
    for (const stretch of known) {
      const span = spanOf(words, { start: stretch.start - judged.offset, end: stretch.end - judged.offset })
      if (span !== undefined) yield* measure(span)
    }
    const isKnown = tried.some((span) => span.without < policy.threshold)
    const search = searchSpan(isKnown ? 0 : words.length, policy.threshold)
    for (let next = search.next(); next.done !== true;) {
      const left = yield* measure(next.value)
      if (left === undefined) break
      next = search.next(left)
    }
    if (words.length === 1 && !isKnown) yield* measure({ from: 0, to: 1 })
    const chosen = chooseSpan(tried, policy.threshold)
    if (chosen === undefined) return undefined
    const at = (span: Measured): OccludedSpan => ({
      start: span.start + judged.offset,
      end: span.end + judged.offset,
      without: span.without,
      effect: span.effect,
    })
    return {
      ...at(chosen),
      side,
      text: text.slice(chosen.start, chosen.end),
      spans: tried.toSorted((a, b) => b.effect - a.effect).map(at),
      tokens: { judged: spent(), cached: shared.tokens.cached - begun.cached },
    }
  })
}

/** The words that a stretch covers. */
function spanOf(words: ReadonlyArray<Stretch>, { end, start }: Stretch): WordSpan | undefined {
  const from = words.findIndex((word) => word.start === start)
  const last = words.findIndex((word) => word.end === end)
  return from < 0 || last < from ? undefined : { from, to: last + 1 }
}
