import * as Effect from "effect/Effect"
import { asFacetError, type FacetError } from "./Errors.ts"

/** Runs a check that throws one of our errors, and fails with it. */
export const checked = <A>(check: () => A): Effect.Effect<A, FacetError> =>
  Effect.try({ try: check, catch: (cause) => asFacetError("Reading the request", cause) })
