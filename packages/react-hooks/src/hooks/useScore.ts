import type { Score, ScoreOptions } from "@facet/sdk/words"
import type { FacetHooksError } from "../store/FacetHooksError.ts"
import { useAnswer } from "./useAnswer.ts"

export interface UseScoreOptions extends Pick<ScoreOptions, "alternatives"> {
  /** Milliseconds that the text must rest before it is scored; for text that somebody is writing. Default 0. */
  readonly debounce?: number | undefined
  /** Whether it scores at all. Default `true`. */
  readonly enabled?: boolean | undefined
}

export interface UseScoreResult {
  /** `idle`: there is nothing to score (no text, switched off), or no Facet is ready that could. */
  readonly status: "idle" | "scoring" | "scored" | "error"
  /** Of exactly this text. */
  readonly score: Score | undefined
  readonly error: FacetHooksError | undefined
}

const statuses = { idle: "idle", asking: "scoring", answered: "scored", error: "error" } as const

/**
 * How likely each token of a text is, taken raw, and its perplexity. It does not open the Facet: until that is `ready`, the
 * status is `idle`.
 *
 * @example
 * const { score } = useScore("The dog sleeps.", { alternatives: 3 })
 */
export function useScore(text: string | undefined, options: UseScoreOptions = {}): UseScoreResult {
  const { alternatives, debounce = 0, enabled = true } = options
  const { answer, error, status } = useAnswer({
    subject: enabled && text !== "" ? text : undefined,
    optionsKey: JSON.stringify([alternatives]),
    debounce,
    operation: "Scoring the text",
    ask: (effects, subject, signal) => effects.score(subject, { alternatives, signal }),
  })
  return { status: statuses[status], score: answer, error }
}
