import { assert, describe, it } from "vitest"
import { InvalidRequestError } from "../../src/words/Errors.ts"
import { checkSampling } from "../../src/words/checkSampling.ts"
import { samplingNumberNames, samplingNumbers } from "../../src/words/Sampling.ts"

describe("checkSampling", () => {
  it("names the option that is wrong and its range", () => {
    const wrong: Array<[object, string]> = [
      [{ temperature: NaN }, "temperature"],
      [{ temperature: -0.1 }, "temperature"],
      [{ temperature: Infinity }, "temperature"],
      [{ temperature: "1" }, "temperature"],
      [{ topK: 1.5 }, "topK"],
      [{ topK: -1 }, "topK"],
      [{ topP: 1.01 }, "topP"],
      [{ minP: -0.01 }, "minP"],
      [{ repetitionPenalty: 0 }, "repetitionPenalty"],
      [{ presencePenalty: 2.1 }, "presencePenalty"],
      [{ frequencyPenalty: NaN }, "frequencyPenalty"],
      [{ seed: 0.5 }, "seed"],
      [{ seed: -1 }, "seed"],
      [{ logitBias: { 100: 1 } }, "logitBias[100]"],
      [{ logitBias: { "-1": 1 } }, "logitBias[-1]"],
      [{ logitBias: { "1.5": 1 } }, "logitBias[1.5]"],
      [{ logitBias: { cat: 1 } }, "logitBias[cat]"],
      [{ logitBias: { 3: NaN } }, "logitBias[3]"],
      [{ logitBias: [1] }, "logitBias"],
      [{ logitBias: null }, "logitBias"],
    ]
    for (const [options, option] of wrong) {
      let error: unknown
      try {
        checkSampling(options, 100)
      } catch (caught) {
        error = caught
      }
      assert.instanceOf(error, InvalidRequestError, JSON.stringify(options))
      assert.strictEqual((error as InvalidRequestError).option, option)
      assert.match((error as InvalidRequestError).remedy, /^Use /)
    }
    checkSampling({ temperature: 0, topK: 0, topP: 1, minP: 0, seed: 2 ** 53 - 1, logitBias: { 99: -100 } }, 100)
    checkSampling({ temperature: undefined, logitBias: undefined }, 100)
  })

  it("refuses a Map, whose entries would be lost", () => {
    assert.throws(() => checkSampling({ logitBias: new Map([[1, 2]]) as never }, 100), InvalidRequestError)
  })
})

describe("the table of sampling options", () => {
  it.each(samplingNumberNames)("has a range that both its ends are in: %s", (name) => {
    const { max, min } = samplingNumbers[name]
    checkSampling({ [name]: min }, 1)
    checkSampling({ [name]: max }, 1)
    assert.throws(() => checkSampling({ [name]: min - 1 }, 1), InvalidRequestError)
  })
})
