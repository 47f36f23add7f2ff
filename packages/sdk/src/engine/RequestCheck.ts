/** Ranges of what a request may ask for. */
import { invalidRequest } from "../Errors.ts"
import type { GemmaConfig } from "../model/Config.ts"
import type { GenerateRequest } from "./Request.ts"
import { checkSampling } from "./Sampler.ts"
import { checkStops } from "./StopStrings.ts"

/** The most alternatives to a token; as many as OpenAI's API gives. */
const mostAlternatives = 20

/** @throws InvalidRequestError that names the first option that is out of its range. */
export function checkGenerate(request: GenerateRequest, vocabSize: number): void {
  const { maxTokens } = request
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens >= 1)) {
    throw invalidRequest("maxTokens", `${maxTokens} is out of range`, "Use a whole number of at least 1.")
  }
  checkSampling(request, vocabSize)
  if (request.stop !== undefined) checkStops(request.stop)
  if (request.logprobs !== undefined) checkLogprobs(request.logprobs)
  for (const [i, trace] of request.traces.entries()) {
    if (trace.topK !== undefined) checkTopK(`trace[${i}].topK`, trace.topK, 1)
  }
}

function checkLogprobs(alternatives: unknown): void {
  const isCount = typeof alternatives === "number" && Number.isInteger(alternatives)
  if (isCount && alternatives >= 0 && alternatives <= mostAlternatives) return
  const shown = typeof alternatives === "number" || alternatives === null ? String(alternatives) : typeof alternatives
  throw invalidRequest(
    "logprobs",
    `${shown} is out of range`,
    `Use true for the chosen tokens alone, or a whole number of alternatives from 0 to ${mostAlternatives}.`,
  )
}

/** @throws InvalidRequestError unless `topK` is a whole number of features, at least `least`. */
export function checkTopK(option: string, topK: number, least: number): void {
  if (Number.isInteger(topK) && topK >= least) return
  throw invalidRequest(option, `${topK} is out of range`, `Use a whole number of features a token, at least ${least}.`)
}

/** Gives the tokens back if all are in the model's vocabulary. */
export function checkVocabulary(
  option: string,
  tokens: ReadonlyArray<number>,
  config: GemmaConfig,
): ReadonlyArray<number> {
  const unknown = tokens.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= config.vocabSize)
  if (unknown < 0) return tokens
  throw invalidRequest(
    `${option}[${unknown}]`,
    `there is no token ${tokens[unknown]} in this model's vocabulary`,
    "Pass a text, or the tokens of a generation of the same model.",
  )
}
