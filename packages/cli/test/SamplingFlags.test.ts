/** The command line has every option of the SDK's table, without a list of its own. */
import { biasRange, samplingNumberNames, samplingNumbers, samplingOptionNames } from "@facet/sdk/words"
import { describe, expect, test } from "vitest"
import { readArguments } from "../src/readArguments.ts"
import { generate } from "../src/commands/generate.ts"
import { commandHelp } from "../src/Help.ts"
import { flagOf } from "../src/Options.ts"
import { Paint } from "../src/Paint.ts"
import { idleFlags, readSampling, samplingOptions } from "../src/SamplingFlags.ts"
import { UsageError } from "../src/UsageError.ts"

test("every way of choosing tokens is an option of generate, with its description", () => {
  const help = commandHelp(generate, new Paint(false, {}))
  expect(Object.keys(samplingOptions)).toStrictEqual([...samplingOptionNames])
  for (const name of samplingOptionNames) expect(help).toContain(`  --${flagOf(name, samplingOptions[name])} `)
  for (const name of samplingNumberNames) expect(help).toContain(samplingNumbers[name].about)
  // The contract's own.
  for (const usage of ["--temperature T", "--top-k K", "--top-p P", "--seed S"]) expect(help).toContain(`  ${usage} `)
})

test.each(samplingNumberNames)("--%s is read as the SDK's number", (name) => {
  const { values } = readArguments(["hi", `--${flagOf(name, samplingOptions[name])}=0.5`], samplingOptions)
  expect(readSampling(values)).toStrictEqual({ [name]: 0.5 })
})

test("what narrows a choice is idle where none is made", () => {
  expect(idleFlags({ topK: 5, topP: 0.9, minP: 0.1, seed: 1 })).toStrictEqual(["--top-k", "--top-p", "--min-p"])
  expect(idleFlags({ topK: 5, temperature: 0.1 })).toStrictEqual([])
})

describe("--logit-bias", () => {
  const read = (...words: ReadonlyArray<string>) =>
    readSampling(readArguments(["hi", ...words.flatMap((word) => ["--logit-bias", word])], samplingOptions).values)

  test("gives several tokens a bias", () => {
    expect(read("235=-5", `7=${biasRange.max}`, "8=.5")).toStrictEqual({ logitBias: { 235: -5, 7: 100, 8: 0.5 } })
  })

  test.each(["235", "=5", "fox=5", "235=", "235=many", "1.5=2"])("%s is refused", (word) => {
    expect(() => read(word)).toThrow(UsageError)
    expect(() => read(word)).toThrow("235=-5")
  })
})
