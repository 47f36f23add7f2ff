/** What the models make of questions, before it is answers. */
import * as Effect from "effect/Effect"
import { judge } from "../guard/judge.ts"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import type { FacetError } from "../words/Errors.ts"
import { Opened } from "../words/Opened.ts"
import type { Policy } from "../words/Policy.ts"
import type { ReadQuestion } from "../words/readQuestions.ts"
import type { DecidedLogits } from "../words/Request.ts"

/** Asks the model that writes, and for policies the guard; a model that nothing is asked of is not opened. */
export const logitsOf = (
  state: string,
  questions: ReadonlyArray<ReadQuestion>,
): Effect.Effect<DecidedLogits, FacetError, Opened> =>
  Effect.gen(function* () {
    const logits = new Map<ReadQuestion, ReadonlyArray<number>>()
    let judged = 0
    let cached = 0
    const take = (asked: ReadonlyArray<ReadQuestion>, found: DecidedLogits) => {
      for (const [i, question] of asked.entries()) logits.set(question, found.logits[i] ?? [])
      judged += found.tokens.judged
      cached += found.tokens.cached
    }
    const written = questions.filter(({ policy }) => policy === undefined)
    if (written.length > 0) take(written, yield* byText(state, written))
    for (const side of ["prompt", "response"] as const) {
      const policies = questions.filter(({ policy }) => policy?.judge === side)
      if (policies.length > 0) take(policies, yield* byGuard({ [side]: state }, policies))
    }
    return { logits: questions.map((question) => logits.get(question) ?? []), tokens: { judged, cached } }
  })

const byText = (state: string, questions: ReadonlyArray<ReadQuestion>) =>
  Effect.gen(function* () {
    const { engine, model } = (yield* Opened).text
    const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
    return yield* engine.decide({ model, state, questions: questions.map(({ asked }) => asked), ...asking })
  })

const byGuard = (
  content: { readonly prompt?: string; readonly response?: string },
  questions: ReadonlyArray<ReadQuestion>,
): Effect.Effect<DecidedLogits, FacetError, Opened> =>
  Effect.map(
    judge(
      content,
      questions.flatMap(({ policy }): ReadonlyArray<Policy> => (policy === undefined ? [] : [policy.policy])),
      false,
    ),
    ({ policies, tokens }) => ({
      logits: policies.map(({ probability }) => [Math.log(probability), Math.log1p(-probability)]),
      tokens,
    }),
  )
