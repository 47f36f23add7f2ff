import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import type { ContentTexts } from "../words/Content.ts"
import type { FacetError } from "../words/Errors.ts"
import { Opened, type Place } from "../words/Opened.ts"
import type { Policy } from "../words/Policy.ts"
import type { Verdict } from "../words/Verdict.ts"
import { judgeInParts, readsText } from "./judgeInParts.ts"

/**
 * Asks the model that judges, wherever it runs; for policies whose probe reads the model that writes, that one. A guard that
 * nobody needs is not opened.
 *
 * @param isNested whether it judges for a generation that is under way.
 */
export const judgeByPlace = (
  { prompt, response }: ContentTexts,
  policies: ReadonlyArray<Policy>,
  isNested: boolean,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.gen(function* () {
    const { guard, text } = yield* Opened
    const cacheSalt = yield* CacheSalt
    const client = yield* Client
    const ask = ({ engine, model }: Place, asked: ReadonlyArray<Policy>) =>
      engine.judge({ model, prompt, response, policies: asked.map(asJudged), isNested, cacheSalt, client })
    if (!policies.some(readsText)) return yield* ask(yield* guard, policies)
    return yield* judgeInParts(
      policies,
      (asked) => ask(text, asked),
      (asked) => Effect.flatMap(guard, (place) => ask(place, asked)),
    )
  })

/** What a judge has no use for stays here. */
function asJudged(policy: Policy): Policy {
  const { examples: _, training: __, ...judged } = policy
  return judged
}
