/** What the components' tests show: traces and verdicts that the embedded model gave, and a long trace made here. */
import type { Trace, TraceToken, Verdict } from "@facet/sdk"
import allowedVerdict from "../../fixtures/allowed.json" with { type: "json" }
import flaggedVerdict from "../../fixtures/flagged.json" with { type: "json" }
import mixedTrace from "../../fixtures/mixed.json" with { type: "json" }
import storyTrace from "../../fixtures/story.json" with { type: "json" }

// The types of JSON modules have `string` where a trace has the names of sites.
/** 106 tokens about a fox. */
export const story = storyTrace as Trace
/** Bytes, blank tokens, line ends, and letters of several scripts. */
export const mixed = mixedTrace as Trace
export const flagged: Verdict = flaggedVerdict
export const allowed: Verdict = allowedVerdict

/** Numbers that look random and are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

/** A trace of any length, with words of the story and features from 16,384. */
export function longTrace(length: number): ReadonlyArray<TraceToken> {
  const next = sequence(7)
  const words = story.tokens.slice(1).map(({ token }) => token)
  return Array.from({ length }, (_, position) => ({
    token: position === 0 ? "<bos>" : (words[Math.floor(next() * words.length)] ?? " fox"),
    id: position,
    features:
      position === 0
        ? []
        : Array.from({ length: 5 }, (_unused, rank) => ({
            index: Math.floor(next() ** 3 * 16_384),
            activation: (20 * next() + 0.1) / (rank + 1),
            label: `topic ${Math.floor(next() * 900)}`,
          })).sort((a, b) => b.activation - a.activation),
  }))
}

/** Tokens with one feature each, as strong as their place. */
export const tokensOfWords = (...words: ReadonlyArray<string>): ReadonlyArray<TraceToken> =>
  words.map((token, position) => ({
    token,
    id: position,
    features: token === "<bos>" ? [] : [{ index: position, activation: position, label: `label ${position}` }],
  }))
