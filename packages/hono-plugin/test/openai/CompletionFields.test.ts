/** The fields of OpenAI's API are the SDK's options in other letters: what differs is named. */
import { InvalidRequestError, samplingNumberNames, samplingNumbers, samplingOptionNames } from "@facet/sdk/words"
import { describe, expect, test } from "vitest"
import { ApiError, fieldOf, toApiError } from "../../src/openai/ApiError.ts"
import { RequestFields } from "../../src/openai/RequestFields.ts"
import { readSampling } from "../../src/openai/CompletionFields.ts"

const read = (body: object) => readSampling(new RequestFields(body))

test("every way of choosing tokens is a field", () => {
  const numbers = samplingNumberNames.map((name) => [fieldOf(name), 1])
  const fields = new RequestFields(Object.fromEntries([...numbers, ["logit_bias", { 235: -5 }]]))
  const options = readSampling(fields)
  for (const name of samplingNumberNames) expect(options).toHaveProperty(name, 1)
  expect(options.logitBias).toStrictEqual({ 235: -5 })
  expect(
    Object.keys(options)
      .filter((name) => !["stop", "minTokens", "stopTokens"].includes(name))
      .toSorted(),
  ).toStrictEqual([...samplingOptionNames].toSorted())
  // None was overlooked.
  fields.finish()
})

test("the fields are named as OpenAI and vLLM name them", () => {
  expect(samplingNumberNames.map(fieldOf)).toEqual(
    expect.arrayContaining([
      "temperature",
      "top_p",
      "top_k",
      "min_p",
      "presence_penalty",
      "seed",
      "repetition_penalty",
    ]),
  )
})

describe("the ranges are the SDK's", () => {
  test.each(samplingNumberNames)("%s", (name) => {
    const { integer, min } = samplingNumbers[name]
    for (const wrong of [min - 2, ...(integer ? [1.5] : [])]) {
      expect(() => read({ [fieldOf(name)]: wrong })).toThrow(ApiError)
      expect(() => read({ [fieldOf(name)]: wrong })).toThrow(expect.objectContaining({ param: fieldOf(name) }))
    }
  })

  test("but for OpenAI's temperatures, and vLLM's way of keeping all tokens", () => {
    expect(read({}).temperature).toBe(1)
    expect(read({ temperature: 0 }).temperature).toBe(0)
    expect(() => read({ temperature: 2.1 })).toThrow(ApiError)
    for (const topK of [-1, 0]) expect(read({ top_k: topK }).topK).toBeUndefined()
  })
})

test.each(samplingOptionNames)("a failure of %s is told of its field", (name) => {
  const error = new InvalidRequestError({ option: name, problem: "it is wrong", remedy: "Mend it." })
  expect(toApiError(error, "messages")).toMatchObject({ status: 400, param: fieldOf(name) })
})
