/** Checks that throw, inside effects. */
import * as Effect from "effect/Effect"
import { asFacetError, type FacetError, InvalidRequestError } from "./Errors.ts"

/** Runs a check that throws one of our errors, and fails with it. */
export const checked = <A>(check: () => A): Effect.Effect<A, FacetError> =>
  Effect.try({ try: check, catch: (cause) => asFacetError("Reading the request", cause) })

/**
 * Refuses options that nobody reads: a setting that is misspelt must not be ignored in silence.
 *
 * @throws InvalidRequestError that names the option, and those that there are.
 */
export function checkKnown(options: object, known: ReadonlyArray<string>, prefix = ""): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown === undefined) return
  throw new InvalidRequestError({
    option: `${prefix}${unknown}`,
    problem: "there is no such option",
    remedy: `There are: ${known.join(", ")}.`,
  })
}
