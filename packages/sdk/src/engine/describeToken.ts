/** A chosen token as a caller sees it who asked for log-probabilities. */
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { TokenAlternative, TokenLogprob } from "../words/TokenLogprob.ts"
import { likeliest } from "./Logprobs.ts"

/**
 * @param logits the row that the token was chosen from, as the model gave it.
 * @param alternatives how many of the likeliest tokens come along.
 * @throws RuntimeError when a logit is NaN or +Infinity, or when all are -Infinity.
 */
export const describeToken = (
  tokenizer: Tokenizer,
  logits: Float32Array,
  id: number,
  alternatives: number,
): TokenLogprob => {
  const { logprob, top } = likeliest(logits, id, alternatives)
  return {
    ...describe(tokenizer, id, logprob),
    top: top.map((alternative) => describe(tokenizer, alternative.id, alternative.logprob)),
  }
}

function describe(tokenizer: Tokenizer, id: number, logprob: number): TokenAlternative {
  const bytes = tokenizer.bytesOf(id)
  const token = bytes.length === 0 ? tokenizer.tokenText(id) : tokenizer.decode([id])
  return { token, id, bytes: [...bytes], logprob }
}
