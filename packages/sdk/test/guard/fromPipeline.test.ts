/** Pipelines of transformers.js as sources: run by transformers.js itself. */
import { afterAll, assert, beforeAll, it } from "vitest"
import type { TextGenerationPipeline } from "@huggingface/transformers"
import { standInPipeline } from "../../../../test/standInPipeline.ts"
import { fromPipeline } from "../../src/guard/fromPipeline.ts"
import { InvalidRequestError } from "../../src/index.ts"

const sentence = "The small fox ran home."
let endless: TextGenerationPipeline
beforeAll(async () => {
  endless = await standInPipeline(sentence, { endless: true })
})
afterAll(() => endless.dispose())

async function readAll(stream: ReadableStream<string>): Promise<string> {
  let text = ""
  for await (const piece of stream) text += piece
  return text
}

it("gives what the pipeline writes, within the options that it is handed", async () => {
  const tell = fromPipeline(endless, { options: { max_new_tokens: 40 } })
  const text = await readAll(await tell("Hi.", { signal: new AbortController().signal }))
  assert.isTrue(text.startsWith(sentence.repeat(2)), text)
})

it("asks what it is told to ask", async () => {
  const asked: Array<unknown> = []
  const generator = Object.assign(async (input: unknown) => void asked.push(input), { tokenizer: endless.tokenizer })
  const { signal } = new AbortController()
  await readAll(await fromPipeline(generator)("Hi.", { signal }))
  await readAll(await fromPipeline(generator, { ask: (prompt) => `Say: ${prompt}` })("Hi.", { signal }))
  assert.deepEqual(asked, [[{ role: "user", content: "Hi." }], "Say: Hi."])
})

it.each(["the signal", "the reader"])("interrupts the pipeline when %s ends it", async (who) => {
  let over: Promise<unknown> = Promise.resolve()
  const generator = Object.assign(
    (input: never, options: never): Promise<unknown> => (over = endless(input, options)),
    { tokenizer: endless.tokenizer },
  )
  const controller = new AbortController()
  const stream = await fromPipeline(generator, { options: { max_new_tokens: 1e6 } })("Hi.", controller)
  const reader = stream.getReader()
  assert.isString((await reader.read()).value)
  if (who === "the signal") controller.abort()
  else await reader.cancel()
  // A pipeline that went on would run into the time limit of this test.
  await over
})

it("fails as the pipeline fails", async () => {
  const generator = Object.assign(() => Promise.reject(new Error("out of memory")), { tokenizer: endless.tokenizer })
  const stream = await fromPipeline(generator)("Hi.", new AbortController())
  const failure = await readAll(stream).catch((error: unknown) => error)
  assert.strictEqual(failure instanceof Error && failure.message, "out of memory")
})

it("refuses a streamer, whose texts nobody would judge", () => {
  assert.throws(() => fromPipeline(endless, { options: { streamer: {} } }), InvalidRequestError, /streamer/)
})
