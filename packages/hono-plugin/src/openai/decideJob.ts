/** Answers a request for decisions, in whatever form it came. */
import type { Facet } from "@facet/sdk"
import { InvalidRequestError } from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import { badRequest } from "./ApiError.ts"
import type { DecisionJob } from "./DecisionJob.ts"

/** @throws ApiError that names the client's own field for what is wrong with a question. */
export async function decideJob(
  { answer, cacheSalt, paramOf, questions, state }: DecisionJob,
  model: string,
  facet: Facet,
  exchange: Exchange,
): Promise<Response> {
  try {
    const decision = await facet.decide(state, questions, exchange.call(cacheSalt))
    const { cached, judged } = decision.tokens
    exchange.note({ usage: { promptTokens: judged + cached, cachedTokens: cached, completionTokens: 0 } })
    return exchange.json({ model, ...answer(decision) })
  } catch (error) {
    if (!(error instanceof InvalidRequestError) || !/^(?:state|questions)\b/.test(error.option)) throw error
    throw badRequest(paramOf(error.option), `${error.problem}. ${error.remedy}`, "invalid_value")
  }
}
