import { assert, describe, it } from "vitest"
import { Facet, InvalidRequestError, wordsOfJson } from "../../src/index.ts"
import { show } from "../../src/words/Checks.ts"
import { failureOf } from "../fixtures/failure.ts"

const nested: unknown = JSON.parse(`${"[".repeat(100_000)}1${"]".repeat(100_000)}`)
const circle: Record<string, unknown> = { words: "A cat sat." }
circle["self"] = circle
const long = Array.from({ length: 125_000 }, () => "word")

describe("a value in a message", () => {
  it.each([
    ["a text", "a", '"a"'],
    ["a number", 1.5, "1.5"],
    ["a big one", 10n, "10"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["nothing", undefined, "undefined"],
    ["null", null, "null"],
    ["a list", [1, "a"], '[1,"a"]'],
    ["a function", () => 1, "a function"],
    ["one that holds itself", circle, "an object"],
    ["one that is nested without end", nested, "a list"],
    ["one without a prototype", Object.create(null), "{}"],
  ])("is shown: %s", (_, value, expected) => {
    assert.strictEqual(show(value), expected)
  })
})

describe("options that are nested without end, hold themselves, or have more elements than a call has arguments", () => {
  it("are refused by name", async () => {
    await using facet = await Facet.open()
    for (const value of [nested, circle, long]) {
      for (const option of ["temperature", "seed", "stop", "logitBias", "guard", "trace", "template", "logprobs"]) {
        // What TypeScript refuses, JavaScript can still write.
        const error = await failureOf(facet.generate("Hi.", { [option]: value } as object))
        assert.instanceOf(error, InvalidRequestError, option)
      }
      for (const option of ["site", "layer", "topK"]) {
        assert.instanceOf(
          await failureOf(facet.inspect("Hi.", { [option]: value } as object)),
          InvalidRequestError,
          option,
        )
      }
      assert.instanceOf(await failureOf(facet.shield("Hi.", { policies: value as never })), InvalidRequestError)
      assert.instanceOf(
        await failureOf(facet.generate([{ role: value as "user", content: "Hi." }])),
        InvalidRequestError,
      )
      assert.instanceOf(await failureOf(Facet.open({ model: value as string })), InvalidRequestError)
    }
  })

  it("and as many system messages are put before a chat", async () => {
    await using facet = await Facet.open()
    const messages = [
      ...long.map(() => ({ role: "system" as const, content: "" })),
      { role: "user" as const, content: "Hi." },
    ]
    assert.isString((await facet.generate(messages, { maxTokens: 1 })).text)
  })

  it("and words that hold themselves are read once", () => {
    assert.strictEqual(wordsOfJson([circle, circle]), "A cat sat.\nA cat sat.")
  })
})
