/** How a server is asked what a guard answers. */
import type { Endpoint } from "../connection/Endpoint.ts"
import type { ServedModel } from "../Server.ts"
import type { Answers } from "../Vocabulary.ts"
import type { ToldAnswers } from "./answerBounds.ts"

/** A prompt of a guard, in both forms. */
export interface Question {
  /** As a text, without `<bos>`. */
  readonly text: string
  /** With `<bos>`. Empty where the server does not tell tokens. */
  readonly tokens: ReadonlyArray<number>
}

/** What was answered to a question. */
export interface Told extends ToldAnswers {
  readonly promptTokens: number
  readonly cachedTokens: number
}

export interface AnswerAsking {
  readonly endpoint: Endpoint
  readonly model: ServedModel
  /** Undefined where the server does not tell tokens. */
  readonly answers: Answers | undefined
  readonly signal: AbortSignal
}

/**
 * One route that tells log-probabilities of the two answers, or bounds of them.
 *
 * @returns an answer to each question, in their order; undefined where the server has no such route.
 */
export type AnswerRoute = (
  asking: AnswerAsking,
  questions: ReadonlyArray<Question>,
) => Promise<ReadonlyArray<Told> | undefined>
