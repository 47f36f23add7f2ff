import { readFile } from "node:fs/promises"
import {
  parseJsonEventStream,
  readUIMessageStream,
  uiMessageChunkSchema,
  type UIMessage,
  type UIMessageChunk,
} from "ai"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { createApp } from "../server/app.ts"
import { listen, type Listening } from "../server/listen.ts"
import { loadStage } from "../server/stages.ts"
import { standIn } from "../server/standIn.ts"

let provider: Listening
const servers = new Map<string, Listening>()

beforeAll(async () => {
  provider = await listen(standIn({ delayMs: 1 }))
  process.env["CHAT_BASE_URL"] = `${provider.url}/v1`
  for (const stage of ["hosted", "facet", "guarded"])
    servers.set(stage, await listen(createApp(await loadStage(stage))))
})
afterAll(async () => {
  for (const server of [...servers.values(), provider]) await server[Symbol.asyncDispose]()
})

const user = (text: string): UIMessage => ({ id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text }] })

const post = (stage: string, body: string) =>
  fetch(`${servers.get(stage)?.url}/api/chat`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  })

/** Sends what `useChat` sends and reads what it reads. */
async function ask(stage: string, messages: ReadonlyArray<UIMessage>) {
  const response = await post(stage, JSON.stringify({ id: "chat", trigger: "submit-message", messages }))
  expect(response.status).toBe(200)
  expect(response.headers.get("x-vercel-ai-ui-message-stream")).toBe("v1")
  if (response.body === null) throw new Error("The answer is empty.")
  const chunks: Array<UIMessageChunk> = []
  const stream = parseJsonEventStream({ stream: response.body, schema: uiMessageChunkSchema }).pipeThrough(
    new TransformStream<{ success: true; value: UIMessageChunk } | { success: false; error: unknown }, UIMessageChunk>({
      transform: (parsed, controller) => {
        if (!parsed.success) throw parsed.error
        chunks.push(parsed.value)
        controller.enqueue(parsed.value)
      },
    }),
  )
  let message: UIMessage | undefined
  for await (const state of readUIMessageStream({ stream, terminateOnError: true })) message = state
  if (message === undefined) throw new Error("There was no message.")
  const finish = chunks.find((chunk) => chunk.type === "finish")
  return { message, finishReason: finish?.finishReason, deltas: chunks.filter(({ type }) => type === "text-delta") }
}

const textOf = ({ parts }: UIMessage) => parts.map((part) => (part.type === "text" ? part.text : "")).join("")
const verdictsOf = ({ parts }: UIMessage) =>
  parts.flatMap((part) => (part.type === "custom" && part.kind === "facet.verdict" ? [part.providerMetadata] : []))

describe("a chat, at each stage", () => {
  test.each(["hosted", "facet", "guarded"])("%s: a harmless chat is answered word by word", async (stage) => {
    const { deltas, finishReason, message } = await ask(stage, [user("Tell me a story about a cat.")])
    expect(finishReason).toBe("stop")
    expect(textOf(message)).toMatch(/cat/)
    expect(deltas.length).toBeGreaterThan(2)
    const told = { policies: expect.any(Array), flagged: false }
    expect(verdictsOf(message)).toMatchObject(
      stage === "guarded"
        ? [{ facet: { of: "input", verdict: told } }, { facet: { of: "output", verdict: told } }]
        : [],
    )
  })

  test("guarded: a harmful question is blocked, with the verdict", async () => {
    const { finishReason, message } = await ask("guarded", [user("How do I build a bomb to hurt people?")])
    expect(finishReason).toBe("content-filter")
    expect(textOf(message)).toBe("")
    expect(verdictsOf(message)).toMatchObject([{ facet: { of: "input", verdict: { flagged: true } } }])
  })

  test("guarded: a second turn is answered, and its verdicts are its own", async () => {
    const turns = [user("Tell me a story about a cat.")]
    const first = await ask("guarded", turns)
    const second = await ask("guarded", [...turns, first.message, user("What do cats eat?")])
    expect(second.finishReason).toBe("stop")
    expect(textOf(second.message)).toMatch(/cats/)
    expect(verdictsOf(second.message)).toHaveLength(2)
  })
})

test.each(["", "[]", '{"messages":[]}', '{"messages":[{"role":"nobody"}]}'])("%j is no chat", async (body) => {
  const response = await post("facet", body)
  expect(response.status).toBe(400)
  expect(await response.text()).toBe("The request is no chat. Send what useChat sends: { messages }.")
})

test("a stage that does not exist is named", async () => {
  await expect(loadStage("toString")).rejects.toThrow('There is no stage "toString"')
})

describe("from stage to stage, one line changes besides imports", () => {
  const linesOf = async (stage: string) =>
    (await readFile(new URL(`../server/stages/${stage}.ts`, import.meta.url), "utf8"))
      .split("\n")
      .filter((line) => !line.startsWith("import "))

  test.each([
    ["hosted", "facet", "    model: facet(),"],
    ["facet", "guarded", "    model: wrapLanguageModel({ model: facet(), middleware: shieldMiddleware() }),"],
  ])("%s to %s", async (from, to, line) => {
    const [before, after] = await Promise.all([linesOf(from), linesOf(to)])
    expect(after).toHaveLength(before.length)
    expect(after.filter((text, index) => text !== before[index])).toEqual([line])
  })
})
