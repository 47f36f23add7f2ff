import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import type { FacetError } from "../words/Errors.ts"
import { isRecord } from "../words/Json.ts"
import { Opened, type Place } from "../words/Opened.ts"
import type { Questions } from "../words/Question.ts"
import type { Asking } from "../words/Request.ts"

/**
 * Asks the model that writes, and the guard where there are policies; a model with nothing to answer is not asked. Each is
 * given all questions and answers its own, so that all are checked before anything is run.
 */
export const byPlace = <A>(
  questions: Questions,
  ask: (place: Place, asking: Asking) => Effect.Effect<A, FacetError>,
): Effect.Effect<ReadonlyArray<A>, FacetError, Opened> =>
  Effect.gen(function* () {
    const { guard, text } = yield* Opened
    const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
    // What is no question at all, the engine refuses.
    const given: ReadonlyArray<unknown> = isRecord(questions) ? Object.values(questions) : []
    const policies = given.filter((question) => isRecord(question) && question["policy"] !== undefined)
    const parts: Array<A> = []
    if (policies.length < given.length || given.length === 0) parts.push(yield* ask(text, asking))
    if (policies.length > 0) parts.push(yield* ask(yield* guard, asking))
    return parts
  })
