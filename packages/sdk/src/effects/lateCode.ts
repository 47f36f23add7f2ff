import * as Effect from "effect/Effect"
import { CodeLoadError } from "../words/Errors.ts"

/** Code that comes when an effect is first used, as most pages use it never. */
export const lateCode = <A>(load: () => Promise<A>): Effect.Effect<A, CodeLoadError> =>
  Effect.tryPromise({
    try: load,
    catch: (cause) => new CodeLoadError({ what: "Code", url: "", problem: String(cause), remedy: "Ask again." }),
  })
