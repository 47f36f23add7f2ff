import type { Endpoint } from "../connection/Endpoint.ts"
import type { Question, Told } from "./AnswerRoute.ts"

/**
 * What a softmax over the two answers says.
 *
 * @param score P(Yes) among the two
 * @throws ServerError for what is no probability
 */
export function toldByScore(endpoint: Endpoint, path: string, score: unknown, { tokens }: Question): Told {
  if (typeof score !== "number" || !(score >= 0 && score <= 1)) return endpoint.misread(path, "no probability")
  return {
    yes: Math.log(score),
    no: Math.log1p(-score),
    listed: [],
    promptTokens: tokens.length,
    cachedTokens: 0,
  }
}
