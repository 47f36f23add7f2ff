/** How likely a text is, token by token. */

export interface ScoreToken {
  readonly token: string
  readonly id: number
  /** Natural log of the probability of the token after those before it; null for `<bos>`, which nothing precedes. */
  readonly logprob: number | null
}

export interface Score {
  readonly tokens: ReadonlyArray<ScoreToken>
  /** exp of the negative mean of the log-probabilities; null when there are none. */
  readonly perplexity: number | null
}
