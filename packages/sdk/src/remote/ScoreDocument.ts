/** A score as JSON, which is as it is. */
import type { Score, ScoreToken } from "../words/Score.ts"
import { tokenAlternativeFromJson } from "./PartDocument.ts"
import { list, nullable, number, optional, type Reader, record, text, whole } from "./Reader.ts"

/** @throws Misread when it is none. */
export const scoreFromJson: Reader<Score> = record<Score>({
  tokens: list(
    record<ScoreToken>({
      token: text,
      id: whole,
      logprob: nullable(number),
      top: optional(list(tokenAlternativeFromJson)),
    }),
  ),
  perplexity: nullable(number),
})

export const scoreToJson = (score: Score): object => score
