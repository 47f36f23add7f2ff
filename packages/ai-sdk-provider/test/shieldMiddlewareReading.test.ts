/** Whatever way a text takes into a prompt or an answer, the shield reads it, whole. */
import type { LanguageModelV4Content, LanguageModelV4Prompt, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { Facet } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { generateText, wrapLanguageModel } from "ai"
import { shieldMiddleware } from "../src/index.ts"
import { partsOf } from "./fixtures/parts.ts"
import { block, dangerous, finish, harmful, harmless, says, start, streams, text } from "./fixtures/shielding.ts"

globalThis.AI_SDK_LOG_WARNINGS = false

type Part = LanguageModelV4StreamPart
type UserPart = Extract<LanguageModelV4Prompt[number], { role: "user" }>["content"][number]

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

const base64 = (words: string) => Buffer.from(words).toString("base64")
const bytes = (words: string) => new TextEncoder().encode(words)
const joined = (words: string) => words.replaceAll(" ", "_")
const address = (words: string) => `https://a.example/?q=${encodeURIComponent(words)}`
const prompt: LanguageModelV4Prompt = [{ role: "user", content: [{ type: "text", text: harmless }] }]
const tools = [{ type: "function" as const, name: "t", inputSchema: {} }]

describe("a prompt", () => {
  const isAsked = async (...content: Array<UserPart>) => {
    const model = says(text("Well."))
    const middleware = shieldMiddleware({ facet, policies: dangerous, output: false })
    await wrapLanguageModel({ model, middleware }).doGenerate({ prompt: [{ role: "user", content }] })
    return model.doGenerateCalls.length === 1
  }
  const file = (mediaType: string, data: string | Uint8Array, filename?: string): UserPart => ({
    type: "file",
    mediaType,
    data: { type: "data", data },
    ...(filename === undefined ? {} : { filename }),
  })

  it.each([
    "text/plain",
    "text",
    "text/*",
    "application/json",
    "application/yaml",
    "application/x-yaml",
    "application/x-javascript",
    "text/csv",
    "application/sql",
    "application/toml",
    "application/x-sh",
    "application/vnd.own+xml",
    "application/octet-stream",
    "image/png",
  ])("is read in files that are text, in bytes and in base64: %s", async (mediaType) => {
    for (const encoded of [base64, bytes]) {
      assert.isFalse(await isAsked(file(mediaType, encoded(harmful))))
      assert.isTrue(await isAsked(file(mediaType, encoded(harmless))))
    }
  })

  it("is read in a file's own text, name and address", async () => {
    const picture = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0xff])
    assert.isFalse(await isAsked({ type: "file", mediaType: "application/pdf", data: { type: "text", text: harmful } }))
    assert.isFalse(await isAsked(file("image/png", picture, `${harmful}.png`)))
    const url = new URL(address(harmful))
    assert.isFalse(await isAsked({ type: "file", mediaType: "image/png", data: { type: "url", url } }))
    const data = new URL(`data:text/plain;base64,${base64(harmful)}`)
    assert.isFalse(await isAsked({ type: "file", mediaType: "text/plain", data: { type: "url", url: data } }))
    assert.isTrue(await isAsked(text(harmless) as UserPart, file("image/png", picture, "picture-1.png")))
  })

  it.each([
    address,
    (words: string) => `http://${joined(words)}`,
    (words: string) => `data:a/b,${encodeURIComponent(words)}`,
  ])("is read in an address: %s", async (encoded) => {
    assert.isFalse(await isAsked({ type: "text", text: encoded(harmful) }))
    assert.isFalse(await isAsked({ type: "text", text: `Answer ${encoded(harmful)}` }))
    assert.isTrue(await isAsked({ type: "text", text: encoded(harmless) }))
  })

  it("is read as one text, wherever its parts were cut", async () => {
    const cut = [harmful.slice(0, 21), harmful.slice(21, 30), harmful.slice(30)]
    const parts = cut.map((words): UserPart => ({ type: "text", text: words }))
    const picture = file("image/png", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0xff]))
    assert.isFalse(await isAsked(...parts))
    assert.isFalse(await isAsked(...parts.flatMap((part) => [part, picture])))
  })
})

/** The answer as a whole and as a stream: whether it was blocked, and what came of it. */
async function answered(content: ReadonlyArray<LanguageModelV4Content>, parts: ReadonlyArray<Part>) {
  const middleware = shieldMiddleware({ facet, policies: dangerous, input: false })
  const whole = await wrapLanguageModel({ model: says(...content), middleware }).doGenerate({ prompt, tools })
  const { model } = streams([start, ...parts, finish])
  const { stream } = await wrapLanguageModel({ model, middleware }).doStream({ prompt, tools })
  const came = await partsOf(stream)
  const last = came.at(-1)
  return {
    isBlocked: [whole.finishReason.unified, last?.type === "finish" ? last.finishReason.unified : ""].map(
      (reason) => reason === "content-filter",
    ),
    said: JSON.stringify([whole.content, came.filter(({ type }) => type !== "custom")]),
  }
}

const call = (input: string): LanguageModelV4Content & Part => ({
  type: "tool-call",
  toolCallId: "c",
  toolName: "t",
  input,
})

const inputStream = (input: string): ReadonlyArray<Part> => [
  { type: "tool-input-start", id: "c", toolName: "t" },
  ...(input.match(/[^]{1,4}/g) ?? []).map((delta): Part => ({ type: "tool-input-delta", id: "c", delta })),
  { type: "tool-input-end", id: "c" },
  call(input),
]

describe("an answer", () => {
  const inputs: Readonly<Record<string, (words: string) => unknown>> = {
    "a key": (words) => ({ [words]: true }),
    "a key without blanks": (words) => ({ [joined(words)]: true }),
    "an address": (words) => ({ url: address(words) }),
    "a data address": (words) => ({ url: `data:text/plain;base64,${base64(words)}` }),
    "what is no name in the place of one": (words) => ({ name: words, code: [{ code: joined(words) }] }),
    "JSON within a string": (words) => ({ json: JSON.stringify({ words }) }),
    "a file": (words) => ({ mediaType: "text/csv", data: base64(words.padEnd(80)) }),
  }
  for (const [where, input] of Object.entries(inputs)) {
    it(`is read in a tool's input, and none of it goes out before: ${where}`, async () => {
      const bad = JSON.stringify(input(harmful))
      const { isBlocked, said } = await answered([call(bad)], inputStream(bad))
      assert.deepStrictEqual(isBlocked, [true, true])
      assert.notMatch(said.replaceAll('","', ""), /bomb|people|hurt|"tool-call"/)
      assert.notInclude(said, base64(harmful).slice(0, 8))
      const good = JSON.stringify(input(harmless))
      assert.deepStrictEqual((await answered([call(good)], inputStream(good))).isBlocked, [false, false])
    })
  }

  const cut = [harmful.slice(0, 21), harmful.slice(21, 30), harmful.slice(30)]
  const aside: LanguageModelV4Content & Part = { type: "source", sourceType: "url", id: "s", url: "https://a.example" }
  const kinds = ["text", "reasoning"] as const
  for (const kind of kinds) {
    it(`is read as one text, wherever its blocks were cut: ${kind}`, async () => {
      const content = cut.map((words): LanguageModelV4Content => ({ type: kind, text: words }))
      const blocks = cut.map((words, id) => block(`${id}`, [words], kind))
      const { isBlocked, said } = await answered(content, blocks.flat())
      assert.deepStrictEqual(isBlocked, [true, true])
      assert.notMatch(said, /Tell|bomb|hurt/)
      const apart = await answered(
        content.flatMap((part) => [part, aside]),
        blocks.flatMap((parts) => [...parts, aside]),
      )
      assert.deepStrictEqual(apart.isBlocked, [true, true])
      assert.notInclude(apart.said, "hurt")
    })
  }

  it("is read as one text where its blocks are among each other", async () => {
    const [first = "", ...rest] = cut
    const parts: ReadonlyArray<Part> = [
      { type: "text-start", id: "a" },
      { type: "text-start", id: "b" },
      { type: "text-delta", id: "b", delta: rest.join("") },
      { type: "text-delta", id: "a", delta: first },
      { type: "text-end", id: "b" },
      { type: "text-end", id: "a" },
    ]
    const { isBlocked, said } = await answered([text(harmful)], parts)
    assert.deepStrictEqual(isBlocked, [true, true])
    assert.notMatch(said, /Tell|bomb|hurt/)
  })

  it("is what generateText joins", async () => {
    const middleware = shieldMiddleware({ facet, policies: dangerous, input: false })
    const answer = (pieces: ReadonlyArray<string>) =>
      generateText({ model: wrapLanguageModel({ model: says(...pieces.map(text)), middleware }), prompt: harmless })
    assert.strictEqual((await answer(["Mix fl", "our and w", "ater."])).text, "Mix flour and water.")
    const blocked = await answer(cut)
    assert.deepStrictEqual([blocked.text, blocked.finishReason], ["", "content-filter"])
  })

  const others: Readonly<Record<string, (words: string) => ReadonlyArray<LanguageModelV4Content & Part>>> = {
    "custom parts, in pieces": (words) =>
      (words.match(/[^]{1,4}/g) ?? []).map((code) => ({
        type: "custom",
        kind: "mock.note",
        providerMetadata: { mock: { code } },
      })),
    "what a provider's tool found": (words) => [
      {
        type: "tool-result",
        toolCallId: "c",
        toolName: "t",
        result: { [joined(words)]: 1, link: "https://a.example" },
      },
    ],
    "a source's address": (words) => [{ type: "source", sourceType: "url", id: "s", url: address(words) }],
    "a file's address": (words) => [
      { type: "file", mediaType: "image/png", data: { type: "url", url: new URL(address(words)) } },
    ],
    "a text file": (words) => [
      { type: "file", mediaType: "application/x-yaml", data: { type: "data", data: base64(words) } },
    ],
  }
  for (const [where, parts] of Object.entries(others)) {
    it(`is read in ${where}`, async () => {
      const { isBlocked, said } = await answered(parts(harmful), parts(harmful))
      assert.deepStrictEqual(isBlocked, [true, true])
      assert.notMatch(said, /hurt|people/)
      assert.deepStrictEqual((await answered(parts(harmless), parts(harmless))).isBlocked, [false, false])
    })
  }

  it("is read in parts that nobody knows yet", async () => {
    const part = { type: "hologram", words: harmful } as unknown as LanguageModelV4Content & Part
    assert.deepStrictEqual((await answered([part], [part])).isBlocked, [true, true])
  })

  it("still comes sentence by sentence", async () => {
    const middleware = shieldMiddleware({ facet, policies: dangerous, input: false })
    const input = JSON.stringify({ note: "The fox ran home. It slept.", id: "n_1" })
    const parts = [...block("0", ["A fox ", "sat. "]), ...inputStream(input)]
    const { model } = streams([start, ...parts], () => new Promise<void>(() => {}))
    const { stream } = await wrapLanguageModel({ model, middleware }).doStream({ prompt, tools })
    const reader = stream.getReader()
    const came: Array<Part> = []
    while (came.length < parts.length + 1) {
      const { value } = await reader.read()
      assert.isDefined(value)
      came.push(value)
    }
    assert.deepStrictEqual(came, [start, ...parts])
    await reader.cancel()
  })
})
