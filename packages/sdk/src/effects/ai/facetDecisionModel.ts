/** Effect's `DecisionModel` over an open Facet. */
import type * as Decision from "effect/ai/Decision"
import * as DecisionModel from "effect/ai/DecisionModel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Answer } from "../../words/Decision.ts"
import { Opened } from "../../words/Opened.ts"
import type { Question } from "../../words/Question.ts"
import { decide } from "../decide.ts"
import { toAiError } from "./toAiError.ts"

type Asked = Exclude<Decision.Any, Decision.Locate>

/**
 * Effect's `DecisionModel`: decisions are questions of `decide`, answered by the text model without a word of an answer.
 * `classify` is a choice, `rate` a score over its levels' descriptions, `probability` a boolean question. Images, and so
 * `locate`, are refused.
 *
 * @example
 * const triage = Decision.make({
 *   input: Schema.String,
 *   decisions: { urgent: Decision.probability({ instructions: "Is it urgent?" }) },
 * })
 * const { answers } = yield* DecisionModel.decide(triage, { input: "My house burns." }).pipe(
 *   Effect.provide(facetDecisionModel),
 * )
 * yield* Console.log(answers.urgent.probability)
 */
export const facetDecisionModel: Layer.Layer<DecisionModel.DecisionModel, never, Opened> = Layer.effect(
  DecisionModel.DecisionModel,
  Effect.flatMap(Opened, (opened) =>
    DecisionModel.make({
      decide: ({ decisions, state }) => {
        const asked = Object.entries(decisions)
        const questions = Object.fromEntries(asked.map(([name, decision]) => [name, toQuestion(decision)]))
        return decide(wordsOf(state), questions).pipe(
          Effect.map(({ answers, tokens }) => ({
            answers: Object.fromEntries(
              asked.flatMap(([name, decision]) => {
                const answer = answers[name]
                return answer === undefined ? [] : [[name, toProviderAnswer(decision, answer)] as const]
              }),
            ),
            usage: { inputTokens: tokens.judged + tokens.cached, outputTokens: 0 },
            modelId: opened.name,
          })),
          Effect.mapError((error) => toAiError({ module: "DecisionModel", method: "decide" }, error)),
          Effect.provideService(Opened, opened),
        )
      },
    }),
  ),
)

function toQuestion(decision: Asked): Question {
  const instructions = wordsOf(decision.instructions)
  switch (decision._tag) {
    case "Classify": {
      const options = Object.entries<Decision.Description | null>(decision.criteria)
      return {
        type: "choice",
        instructions,
        criteria: Object.fromEntries(options.map(([label, words]) => [label, words === null ? null : wordsOf(words)])),
      }
    }
    case "Rate":
      return { type: "score", instructions, criteria: decision.criteria.map(({ description }) => wordsOf(description)) }
    case "Probability": {
      const { criteria } = decision
      return {
        type: "boolean",
        instructions,
        criteria: criteria === undefined ? null : { true: wordsOf(criteria.true), false: wordsOf(criteria.false) },
      }
    }
  }
}

function toProviderAnswer(decision: Asked, answer: Answer): DecisionModel.ProviderAnswer {
  switch (answer.type) {
    case "boolean":
      return { _tag: "Probability", probability: answer.probability }
    case "choice":
      return { _tag: "Classify", label: answer.choice, probabilities: answer.probabilities }
    case "score": {
      const levels = decision._tag === "Rate" ? decision.criteria : []
      const { probabilities, score } = answer
      return {
        _tag: "Rate",
        // A sum of rounded products may end a hair above the last level, which Effect refuses.
        rating: Math.min(score, levels.length - 1),
        probabilities: Object.fromEntries(levels.map(({ label }, level) => [label, probabilities[level] ?? 0])),
      }
    }
  }
}

/** The encoded input, and what is asked, may be JSON. */
const wordsOf = (words: unknown): string => (typeof words === "string" ? words : JSON.stringify(words))
