import { checkNumber, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { biasRange, samplingNumberNames, samplingNumbers, type SamplingOptions } from "./Sampling.ts"

/**
 * Checks the options of a request.
 *
 * @param vocabSize tokens in the vocabulary: ids in `logitBias` are below it.
 * @throws InvalidRequestError that names the first option that is wrong and the range to use.
 */
export const checkSampling = (options: SamplingOptions, vocabSize: number): void => {
  for (const name of samplingNumberNames) {
    const value = options[name]
    if (value !== undefined) checkNumber(name, value, samplingNumbers[name])
  }
  if (options.logitBias !== undefined) checkBias(options.logitBias, vocabSize)
}

const checkBias = (bias: unknown, vocabSize: number): void => {
  // A Map has no own keys, so its entries would be lost in silence.
  if (typeof bias !== "object" || bias === null || Array.isArray(bias) || bias instanceof Map) {
    throw invalidRequest(
      "logitBias",
      `${bias instanceof Map ? "a Map" : show(bias)} is not a record`,
      "Use an object of token ids and numbers: { 235: -5 }.",
    )
  }
  for (const [key, value] of Object.entries(bias)) {
    const id = Number(key)
    const isToken = Number.isInteger(id) && id >= 0 && id < vocabSize && String(id) === key
    if (!isToken) {
      throw invalidRequest(`logitBias[${key}]`, "there is no such token", `Use ids from 0 to ${vocabSize - 1}.`)
    }
    checkNumber(`logitBias[${key}]`, value, biasRange)
  }
}
