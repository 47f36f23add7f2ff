/** Questions about a text in, answers out. */
import * as Effect from "effect/Effect"
import type { Decision } from "../words/Decision.ts"
import type { FacetError } from "../words/Errors.ts"
import { answerOf } from "./answerOf.ts"
import type { OpenModel } from "./OpenModel.ts"
import { questionLogits, type QuestionsAsked, type QuestionsEngine } from "./questionLogits.ts"

export const decide = (
  engine: QuestionsEngine,
  open: OpenModel,
  asked: QuestionsAsked,
): Effect.Effect<Decision, FacetError> =>
  Effect.map(questionLogits(engine, open, asked), ({ logits, tokens }) => ({
    answers: Object.fromEntries(
      asked.questions.map((question, i) => [question.name, answerOf(question, logits[i] ?? [])]),
    ),
    tokens,
  }))
