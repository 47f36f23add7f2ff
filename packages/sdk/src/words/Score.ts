/** How likely a text is, token by token. */
import type { Intervention } from "./Intervention.ts"
import type { TokenAlternative } from "./TokenLogprob.ts"

export interface ScoreToken {
  readonly token: string
  readonly id: number
  /** Natural log of the probability of the token after those before it; null for `<bos>`, which nothing precedes. */
  readonly logprob: number | null
  /** The likeliest tokens at its place, the likeliest first, where they were asked for; none for the first token. */
  readonly top?: ReadonlyArray<TokenAlternative>
}

/** How a text is scored, and what is told beside the log-probabilities. */
export interface ScoreOptions {
  /** So many of the likeliest tokens at each place, from 0 to 20. Default 0: none. */
  readonly alternatives?: number | undefined
  /** In force while the text is read. */
  readonly interventions?: ReadonlyArray<Intervention> | undefined
}

export interface Score {
  readonly tokens: ReadonlyArray<ScoreToken>
  /** exp of the negative mean of the log-probabilities; null when there are none. */
  readonly perplexity: number | null
}
