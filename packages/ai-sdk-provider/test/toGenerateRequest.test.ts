/** Every option of Facet's can be given to the AI SDK, in a call's own fields or in `providerOptions.facet`. */
import { InvalidArgumentError, type LanguageModelV4CallOptions } from "@ai-sdk/provider"
import { generateOptionNames, samplingNumberNames, samplingOptionNames } from "@facet/sdk/words"
import { assert, describe, it } from "@effect/vitest"
import { argumentOf, languageModelOptionNames } from "../src/OptionNames.ts"
import { toGenerateRequest } from "../src/toGenerateRequest.ts"

const request = (options: Partial<LanguageModelV4CallOptions>) =>
  toGenerateRequest({ prompt: [{ role: "user", content: [{ type: "text", text: "Hi" }] }], ...options })

/** What somebody writes to give an option a value. */
function written(name: string, value: never): Partial<LanguageModelV4CallOptions> {
  const argument = argumentOf(name)
  return argument === name ? { [name]: value } : { providerOptions: { facet: { [name]: value } } }
}

describe("sampling options", () => {
  for (const name of samplingOptionNames) {
    it(`reach the model: ${name}`, () => {
      const value = name === "logitBias" ? { 7: -5 } : 1
      assert.deepStrictEqual(request(written(name, value as never)).options[name], value)
    })
  }

  for (const name of samplingNumberNames) {
    it(`are refused under the name that was written: ${name}`, () => {
      if (argumentOf(name) === name) return
      try {
        request(written(name, "many" as never))
      } catch (error) {
        if (!InvalidArgumentError.isInstance(error)) throw error
        return assert.strictEqual(error.argument, `providerOptions.facet.${name}`)
      }
      assert.fail("it was taken")
    })
  }
})

describe("an option of Facet's", () => {
  it("is one of a call's, or one of providerOptions.facet; only a chat's template is nobody's to choose", () => {
    for (const name of generateOptionNames) {
      if (name === "schema") continue
      const isElsewhere = languageModelOptionNames.includes(name)
      assert.strictEqual(argumentOf(name).startsWith("providerOptions.facet."), isElsewhere, name)
    }
    assert.notInclude(languageModelOptionNames, "template")
    assert.notInclude(languageModelOptionNames, "schema")
    assert.strictEqual(argumentOf("schema.properties.a"), "responseFormat.schema.properties.a")
    assert.includeMembers([...languageModelOptionNames], ["guard", "trace", "logprobs", "minP", "logitBias"])
  })

  it("is named with what it holds", () => {
    assert.deepStrictEqual(
      ["stop[1]", "maxTokens", "guard.mode", "policies[0].id", "messages[0].content"].map(argumentOf),
      [
        "stopSequences[1]",
        "maxOutputTokens",
        "providerOptions.facet.guard.mode",
        "providerOptions.facet.guard.policies[0].id",
        "messages[0].content",
      ],
    )
  })
})
