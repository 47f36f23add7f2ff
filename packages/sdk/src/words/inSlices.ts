import * as Effect from "effect/Effect"
import { checked } from "./checked.ts"
import type { FacetError } from "./Errors.ts"
import type { Sliced } from "./Sliced.ts"

/** Runs work on a text slice by slice: others run in between, and an interruption ends it there. */
export const inSlices = <A>(begin: () => Sliced<A>): Effect.Effect<A, FacetError> =>
  Effect.gen(function* () {
    const work = begin()
    for (;;) {
      const step = yield* checked(() => work.next())
      if (step.done === true) return step.value
      yield* Effect.yieldNow
    }
  })
