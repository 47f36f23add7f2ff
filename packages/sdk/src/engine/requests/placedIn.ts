import * as Effect from "effect/Effect"
import { type FacetError, InvalidRequestError, invalidRequest } from "../../words/Errors.ts"

/**
 * What is wrong with a layer or a site, by the option that it is a part of.
 *
 * @param path what stands before their names.
 */
export const placedIn = <A>(finding: Effect.Effect<A, FacetError>, path: string): Effect.Effect<A, FacetError> =>
  Effect.mapError(finding, (error) =>
    error instanceof InvalidRequestError && (error.option === "layer" || error.option === "site")
      ? invalidRequest(`${path}${error.option}`, error.problem, error.remedy)
      : error,
  )
