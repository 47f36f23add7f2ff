import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import { type Content, readContent } from "../words/Content.ts"
import type { FacetError } from "../words/Errors.ts"
import { Opened } from "../words/Opened.ts"
import type { Policy } from "../words/Policy.ts"
import type { Verdict } from "../words/Verdict.ts"

/**
 * Asks the model that judges, wherever it runs.
 *
 * @param isNested whether it judges for a generation that is under way.
 */
export const judge = (
  content: Content,
  policies: ReadonlyArray<Policy>,
  isNested: boolean,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.gen(function* () {
    const { guard } = yield* Opened
    const { prompt, response } = yield* checked(() => readContent(content))
    const { engine, model } = yield* guard
    const cacheSalt = yield* CacheSalt
    const client = yield* Client
    return yield* engine.judge({ model, prompt, response, policies, isNested, cacheSalt, client })
  })
