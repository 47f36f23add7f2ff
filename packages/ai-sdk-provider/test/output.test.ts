/** Structured output as an app asks for it: the AI SDK's `Output`, with zod. */
import { InvalidArgumentError } from "@ai-sdk/provider"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { generateText, jsonSchema, NoObjectGeneratedError, Output, streamText } from "ai"
import * as z from "zod"
import { createFacet, type FacetAiProvider } from "../src/index.ts"
import { failureOf } from "./fixtures/failure.ts"

globalThis.AI_SDK_LOG_WARNINGS = false

const prompt = "Tell me about a fox."
const Person = z.object({
  name: z.string().min(2).max(12),
  age: z.int().min(0).max(9),
  email: z.email().max(16).optional(),
  place: z.tuple([z.enum(["den", "wood"]), z.boolean()]),
})

let provider: FacetAiProvider
beforeAll(() => {
  provider = createFacet()
})
afterAll(() => provider.dispose())

describe("an output", () => {
  it("is an object of a schema of zod, without a warning", async () => {
    const { output, warnings } = await generateText({
      model: provider(),
      prompt,
      output: Output.object({ schema: Person }),
    })
    assert.isTrue(Person.safeParse(output).success)
    assert.deepStrictEqual(warnings, [])
  })

  it("is a list, a choice, or any JSON", async () => {
    const model = provider()
    const list = await generateText({
      model,
      prompt,
      output: Output.array({ element: z.object({ kind: z.enum(["red", "grey"]) }) }),
      maxOutputTokens: 60,
    })
    assert.isTrue(list.output.every(({ kind }) => kind === "red" || kind === "grey"))
    const choice = await generateText({ model, prompt, output: Output.choice({ options: ["red", "grey"] }) })
    assert.include(["red", "grey"], choice.output)
    const json = await generateText({ model, prompt, output: Output.json(), maxOutputTokens: 60 })
    assert.isObject(json.output)
  })

  it("comes in parts that grow, and whole in the end", async () => {
    const { output, partialOutputStream } = streamText({
      model: provider(),
      prompt,
      output: Output.object({ schema: Person }),
    })
    const partial: Array<unknown> = []
    for await (const part of partialOutputStream) partial.push(part)
    assert.isAbove(partial.length, 2)
    assert.deepStrictEqual(partial.at(-1), await output)
    assert.isTrue(Person.safeParse(await output).success)
  })

  it("that was cut is none, and says that its length ended it", async () => {
    const schema = jsonSchema<string>({ type: "string", minLength: 60 })
    const error = await failureOf(
      generateText({ model: provider(), prompt, maxOutputTokens: 2, output: Output.object({ schema }) }).then(
        ({ output }) => output,
      ),
    )
    assert.isTrue(NoObjectGeneratedError.isInstance(error) || (error instanceof Error && error.name.includes("NoO")))
  })

  it("of a schema that cannot be followed is refused by its path, and so are two forms", async () => {
    const schema = jsonSchema({ type: "object", properties: { a: { type: "string", pattern: "(?<=a)b" } } })
    const odd = await failureOf(generateText({ model: provider(), prompt, output: Output.object({ schema }) }))
    assert.isTrue(InvalidArgumentError.isInstance(odd) && odd.argument.startsWith("responseFormat.schema.properties.a"))
    const both = await failureOf(
      generateText({
        model: provider(),
        prompt,
        output: Output.object({ schema: Person }),
        providerOptions: { facet: { regex: "a" } },
      }),
    )
    assert.isTrue(InvalidArgumentError.isInstance(both))
  })
})
