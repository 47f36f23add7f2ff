import * as Effect from "effect/Effect"
import { asFacetError, type FacetError } from "./Errors.ts"
import { loadCode } from "./loadCode.ts"

/** `loadCode` as an Effect: code that comes when an effect is first used, as most pages use it never. */
export const lateCode = <A>(load: () => Promise<A>): Effect.Effect<A, FacetError> =>
  Effect.tryPromise({ try: () => loadCode(load), catch: (cause) => asFacetError("Loading code", cause) })
