/** Structured output as OpenAI's own client asks for it, with zod. */
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod"
import { describe, expect, test } from "vitest"
import * as z from "zod"
import { client, model, serveModel } from "../fixtures/ServedModel.ts"
import { all } from "../openaiServer.ts"

const messages = [{ role: "user" as const, content: "Tell me about a fox." }]
const Person = z.object({ name: z.string().min(2).max(8), age: z.int().min(0).max(9), kind: z.enum(["red", "grey"]) })

serveModel()

describe("a chat's answer", () => {
  const response_format = zodResponseFormat(Person, "person")

  test("is parsed by the client out of a strict schema", async () => {
    const { choices } = await client.chat.completions.parse({ model, messages, response_format })
    expect(Person.safeParse(choices[0]?.message.parsed).success).toBe(true)
    expect(choices[0]?.finish_reason).toBe("stop")
  })

  test("streams the same text", async () => {
    const asked = { model, messages, response_format, temperature: 0 }
    const whole = await client.chat.completions.create(asked)
    const chunks = await all(await client.chat.completions.create({ ...asked, stream: true }))
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(chunks.length).toBeGreaterThan(3)
  })

  test("is any object of json_object, and a cut one says so", async () => {
    const asked = { model, messages, response_format: { type: "json_object" as const } }
    const { choices } = await client.chat.completions.create({ ...asked, max_tokens: 40 })
    expect(choices[0]?.finish_reason).toBe("stop")
    expect(JSON.parse(choices[0]?.message.content ?? "")).toBeTypeOf("object")
    const cut = await client.chat.completions.create({ model, messages, response_format, max_tokens: 2 })
    expect(cut.choices[0]?.finish_reason).toBe("length")
  })
})

test("a response is parsed by the client, too", async () => {
  const text = { format: zodTextFormat(Person, "person") }
  const { output_parsed } = await client.responses.parse({ model, input: "Tell me about a fox.", text })
  expect(Person.safeParse(output_parsed).success).toBe(true)
})

test("a response's schema that cannot be followed is refused by its path", async () => {
  const schema = { type: "object", properties: { a: { type: "string", pattern: "(?<=a)b" } } }
  const format = { type: "json_schema" as const, name: "odd", schema }
  const refused = client.responses.create({ model, input: "Hi", text: { format } })
  await expect(refused).rejects.toMatchObject({
    status: 400,
    param: expect.stringMatching(/^text\.format\.schema\.properties\.a/),
  })
})
