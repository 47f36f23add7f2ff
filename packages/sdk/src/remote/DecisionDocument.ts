/** A decision as JSON, which is as it is. */
import type { Answer, BooleanAnswer, ChoiceAnswer, Decision, ScoreAnswer } from "../words/Decision.ts"
import { isRecord } from "../words/Json.ts"
import type { Questions } from "../words/Question.ts"
import { flag, Misread, named, number, oneOf, optional, type Reader, record, text, whole } from "./Reader.ts"

const reach = { threshold: optional(number), reached: optional(flag) }

const readers: { readonly [Type in Answer["type"]]: Reader<Extract<Answer, { readonly type: Type }>> } = {
  boolean: record<BooleanAnswer>({ type: oneOf(["boolean"]), probability: number, ...reach }),
  choice: record<ChoiceAnswer>({ type: oneOf(["choice"]), choice: text, probabilities: named(number), ...reach }),
  score: record<ScoreAnswer>({ type: oneOf(["score"]), score: number, probabilities: named(number), ...reach }),
}

const tokens = record<Decision["tokens"]>({ judged: whole, cached: whole })

/**
 * A reader of what answers these questions: each one, by its own type.
 *
 * @returns a reader that throws Misread for anything else.
 */
export function decisionReader<Q extends Questions>(questions: Q): Reader<Decision<Q>> {
  return (document, path) => {
    const fields = isRecord(document) ? document : {}
    const answers = isRecord(fields["answers"]) ? fields["answers"] : {}
    const read = Object.entries(questions).map(([name, { type }]) => {
      // Of a name that every object has, only an own field is an answer.
      const answer = Object.hasOwn(answers, name) ? answers[name] : undefined
      if (!Object.hasOwn(readers, type)) throw new Misread(`answers.${name} answers no question that is known here`)
      return [name, readers[type](answer, `answers.${name}`)] as const
    })
    const told = {
      answers: Object.fromEntries(read),
      tokens: tokens(fields["tokens"], path === "" ? "tokens" : `${path}.tokens`),
    }
    // Each answer has gone through the reader of its question's type.
    return told as unknown as Decision<Q>
  }
}

export const decisionToJson = (decision: Decision): object => decision
