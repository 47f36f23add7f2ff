import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import { type ContentTexts, readExplain } from "../words/Content.ts"
import { type FacetError, invalidRequest } from "../words/Errors.ts"
import { Opened, type Place } from "../words/Opened.ts"
import type { Policy } from "../words/Policy.ts"
import type { JudgeRequest } from "../words/Request.ts"
import type { Verdict } from "../words/Verdict.ts"
import type { JudgingOptions } from "./judge.ts"
import { judgeInParts, readsText } from "./judgeInParts.ts"

/**
 * Asks the model that judges, wherever it runs; for policies whose probe reads the model that writes, that one. A guard that
 * nobody needs is not opened.
 */
export const judgeByPlace = (
  { prompt, response }: ContentTexts,
  policies: ReadonlyArray<Policy>,
  { exchange, explain, isNested }: JudgingOptions,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.gen(function* () {
    const { guard, text } = yield* Opened
    const cacheSalt = yield* CacheSalt
    const client = yield* Client
    const wanted = yield* checked(() => readExplain(explain))
    const ask = ({ engine, model }: Place, asked: ReadonlyArray<Policy>) =>
      Effect.flatMap(explaining(wanted, text, engine), (reasons) =>
        engine.judge({
          model,
          prompt,
          response,
          exchange,
          policies: asked.map(asJudged),
          isNested,
          explain: reasons,
          cacheSalt,
          client,
        }),
      )
    if (!policies.some(readsText)) return yield* ask(yield* guard, policies)
    return yield* judgeInParts(
      policies,
      (asked) => ask(text, asked),
      (asked) => Effect.flatMap(guard, (place) => ask(place, asked)),
    )
  })

/** What is asked of the reasons: features are those of the model that writes. */
function explaining(
  wanted: ReturnType<typeof readExplain>,
  text: Place,
  engine: Place["engine"],
): Effect.Effect<JudgeRequest["explain"], FacetError> {
  const features = wanted?.features
  if (features === undefined) return Effect.succeed(wanted && {})
  if (text.engine === engine) return Effect.succeed({ features: { ...features, of: text.model } })
  return Effect.fail(
    invalidRequest(
      "explain.features",
      "the guard runs elsewhere than the model whose autoencoders would look into it",
      "Open both in one place, or leave `features` out.",
    ),
  )
}

/** What a judge has no use for stays here. */
function asJudged(policy: Policy): Policy {
  const { examples: _, training: __, ...judged } = policy
  return judged
}
