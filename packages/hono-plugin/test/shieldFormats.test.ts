import type { Frame } from "@facet/sdk"
import { describe, expect, test } from "vitest"
import { EventStreamFormat } from "../src/response/EventStreamFormat.ts"
import type { Ending, Format, Piece } from "../src/response/Format.ts"
import { JsonFormat } from "../src/response/JsonFormat.ts"
import { JsonLinesFormat } from "../src/response/JsonLinesFormat.ts"
import { TextFormat } from "../src/response/TextFormat.ts"
import type { UnreadableBodyError } from "../src/UnreadableBodyError.ts"
import * as answers from "./fixtures/answers.ts"
import { withoutForged } from "../src/response/withoutForged.ts"
import { harmful, harmless } from "./fixtures/sentences.ts"

const [cat, fox] = harmless.sentences
const refuse = (error: UnreadableBodyError): never => {
  throw error
}
const events = () => new EventStreamFormat(false, refuse, withoutForged)
const text = "Füchse 🦊 laufen heim. The fox ran home."

const formats: ReadonlyArray<readonly [name: string, make: () => Format, body: string]> = [
  ["chat", events, answers.chatStream(text)],
  ["chat with two choices", events, answers.chatChoices(text)],
  ["chat with a tool", events, answers.chatTool(text)],
  ["completions", events, answers.completionStream(text)],
  ["responses", events, answers.responsesStream(text)],
  ["UI messages", events, answers.uiText(text)],
  ["UI messages with a tool", events, answers.uiTool(text)],
  ["other events, CRLF", events, answers.otherStream(text)],
  ["events, CR alone", events, answers.plainEvents(text).replaceAll("\n", "\r")],
  ["events without JSON", events, `\uFEFFretry: 10\n\n${answers.plainEvents(text)}stray\n\ndata: two\ndata: lines\n\n`],
  ["events without an end", events, answers.plainEvents(text).trimEnd()],
  ["JSON", () => new JsonFormat(refuse, withoutForged), JSON.stringify(answers.chatJson(text))],
  ["JSON lines", () => new JsonLinesFormat(refuse, withoutForged), answers.jsonLines(text)],
  ["Ollama's lines", () => new JsonLinesFormat(refuse, withoutForged), answers.ollamaLines(text)],
  ["text", () => new TextFormat(true, refuse), `${cat} ${text}`],
]

describe("a format", () => {
  test.each(formats)("%s: any chunks give the same frames and the same bytes", async (name, make, body) => {
    const whole = await framesOf(make(), [new TextEncoder().encode(body)])
    expect(bytesOf(whole)).toBe(body)
    const random = generator(body.length)
    for (let round = 0; round < 60; round++) {
      const chunks = cut(
        new TextEncoder().encode(body),
        round === 0 ? () => 1 : () => 1 + Math.floor(random() * 2 ** (round % 9)),
      )
      const frames = await framesOf(make(), chunks)
      expect(bytesOf(frames)).toBe(body)
      if (name === "text") expect(said(frames)).toEqual(said(whole))
      else expect(frames).toEqual(whole)
    }
  })

  test.each([
    ["chat", answers.chatStream(fox ?? ""), { "choices[0].content": `${cat} ${fox}` }],
    [
      "reasoning",
      answers.chatStream(fox ?? "", (reasoning_content) => ({ reasoning_content })),
      { "choices[0].content": `${cat} `, "choices[0].reasoning_content": fox },
    ],
    [
      "content in parts",
      answers.chatStream(fox ?? "", (text) => ({ content: [{ type: "text", text }] })),
      { "choices[0].content": `${cat} `, "choices[0].content[0].text": fox },
    ],
    [
      "two choices",
      answers.chatChoices(cat ?? ""),
      { "choices[0].content": `${cat} ${fox}`, "choices[1].content": `${fox} ${cat}` },
    ],
    [
      "a tool's arguments",
      answers.chatTool('"yes"\nno'),
      { "choices[0].content": cat, "choices[0].tool_calls[0].function.arguments": '"yes"\nno\n' },
    ],
    ["completions", answers.completionStream(fox ?? ""), { "choices[0].text": `${cat} ${fox}` }],
    ["responses, which repeat", answers.responsesStream(fox ?? ""), { 'output_text["msg_1",0]': `${cat} ${fox}` }],
    ["UI text", answers.uiText(fox ?? ""), { "text[1]": `${cat} ${fox}` }],
    ["UI reasoning", answers.uiReasoning(fox ?? ""), { "text[1]": cat, "reasoning[r]": fox }],
    ["UI tools, whose input repeats", answers.uiTool(fox ?? ""), { "text[1]": cat, "tool-input[t]": `${fox}\n` }],
    [
      "UI data",
      answers.uiStream([{ type: "data-weather", id: "w", data: { now: "sunny" } }]),
      { "text[1]": cat, "data-weather": "sunny\n" },
    ],
    [
      "UI metadata",
      answers.uiStream([{ type: "text-delta", id: "1", delta: "!", providerMetadata: { x: { hidden: fox } } }]),
      { "text[1]": `${cat}!`, "text-delta": `${fox}\n` },
    ],
    ["others", answers.otherStream(fox ?? ""), { "data token": `${cat} ${fox}` }],
    ["plain events", answers.plainEvents(fox ?? ""), { data: `${cat} ${fox}` }],
  ])("%s: every text under its name", async (_name, body, expected) => {
    const frames = await framesOf(events(), [new TextEncoder().encode(body)])
    expect(said(frames)).toEqual(expected)
  })

  test.each<readonly [string, string, object]>([
    ["a chat", answers.ollamaLines(fox ?? ""), { "data message.content": `${cat} ${fox}` }],
    ["a prompt", answers.ollamaLines(fox ?? "", (response) => ({ response })), { "data response": `${cat} ${fox}` }],
    [
      "thinking",
      answers.ollamaLines(fox ?? "", (thinking) => ({ message: { role: "assistant", content: "", thinking } })),
      { "data message.thinking": `${cat} ${fox}` },
    ],
    [
      "a tool's arguments",
      answers.ollamaLines("", undefined, {
        message: {
          role: "assistant",
          content: "",
          tool_calls: [{ function: { name: "note", arguments: { note: fox } } }],
        },
      }),
      { "data message.content": `${cat} `, "data message.tool_calls[0].function.arguments.note": fox },
    ],
    [
      "log-probabilities, which spell the answer",
      answers.ollamaLines(fox ?? "", (content) => ({
        message: { role: "assistant", content },
        logprobs: [{ token: content, logprob: -1, top_logprobs: [{ token: "x", logprob: -2 }] }],
      })),
      { "data message.content": `${cat} ${fox}` },
    ],
    [
      "log-probabilities that spell something else",
      answers.ollamaLines("", () => ({ message: { content: "" }, logprobs: [{ token: "bomb", logprob: -1 }] })),
      { logprobs: "bomb".repeat(answers.tokensOf(`${cat} `).length + 1) },
    ],
    [
      "names that are none, and fields that nobody knows",
      answers.ollamaLines("", undefined, { done_reason: harmful.sentence, note: fox, model: harmful.insult }),
      {
        "data message.content": `${cat} `,
        "data done_reason": harmful.sentence,
        "data note": fox,
        "data model": harmful.insult,
      },
    ],
  ])("Ollama's lines are read in full: %s", async (_, body, expected) => {
    const frames = await framesOf(new JsonLinesFormat(refuse, withoutForged), [new TextEncoder().encode(body)])
    expect(said(frames)).toEqual(expected)
  })

  test("what repeats a text otherwise than it was said is judged anew", async () => {
    const body = answers.responsesStream(fox ?? "", harmful.sentence)
    const frames = await framesOf(events(), [new TextEncoder().encode(body)])
    expect(said(frames)).toMatchObject({ "response.output_text.done": `${harmful.sentence}\n` })
    const changed = answers.uiTool("The fox ran home.").replace(`"input":{"note":"The fox`, `"input":{"note":"The bomb`)
    expect(said(await framesOf(events(), [new TextEncoder().encode(changed)]))).toMatchObject({
      "tool-input-available": "The bomb ran home.\n",
    })
  })

  test("log-probabilities that spell something else are judged", async () => {
    const logprobs = (token: string) => ({
      content: [{ token, logprob: -1, top_logprobs: [{ token: "x", logprob: -2 }] }],
    })
    const event = (token: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "cat" }, logprobs: logprobs(token) }] })}\n\n`
    const same = await framesOf(events(), [new TextEncoder().encode(event("cat"))])
    expect(said(same)).toEqual({ "choices[0].content": "cat" })
    const other = await framesOf(events(), [new TextEncoder().encode(event("bomb"))])
    expect(said(other)).toEqual({ "choices[0].content": "cat", "choices[0].logprobs": "bomb" })
  })

  test("an event that broke off in the middle is not read as text of its protocol", async () => {
    const body = answers.chatStream(fox ?? "").slice(0, -40)
    await expect(framesOf(events(), [new TextEncoder().encode(body)])).rejects.toMatchObject({
      _tag: "UnreadableBodyError",
      problem: "The event stream broke off in the middle of an event",
    })
  })

  test("a whole event without its blank line is read, and goes out as it came", async () => {
    const body = answers.chatStream(fox ?? "").trimEnd()
    const frames = await framesOf(events(), [new TextEncoder().encode(body)])
    expect(bytesOf(frames)).toBe(body)
    expect(said(frames)).toEqual({ "choices[0].content": `${cat} ${fox}` })
  })
})

describe("an ending", () => {
  const verdict = { of: "output", flagged: true, policies: [] } as const
  const blocked: Ending = { type: "blocked", verdict }
  const failed: Ending = { type: "failed", code: "answer_failed", message: "The answer broke off." }

  test("of a chat closes the choices that are open", async () => {
    const body = [
      answers.chatDelta({ content: "a" }, 0),
      answers.chatDelta({ content: "b" }, 1),
      answers.chatDelta({}, 0, "stop"),
    ]
    const ending = await endingAfter(body.join(""), blocked)
    expect(ending).toEqual([
      {
        id: "chatcmpl-1",
        object: "chat.completion.chunk",
        created: 1_700_000_000,
        model: "someone-else",
        choices: [{ index: 1, delta: {}, logprobs: null, finish_reason: "content_filter" }],
        verdict,
      },
      "[DONE]",
    ])
  })

  test("of completions says it in their words", async () => {
    const [chunk] = await endingAfter(answers.completionStream("a").split("\n\n")[0] + "\n\n", blocked)
    expect(chunk).toMatchObject({
      object: "text_completion",
      choices: [{ index: 0, text: "", finish_reason: "content_filter" }],
    })
  })

  test("of UI messages closes what is open", async () => {
    const { of, ...rest } = verdict
    const told = { of, verdict: rest }
    const [start = ""] = answers.uiTool("x").split(/(?=data: {"type":"tool-input-available")/)
    expect(await endingAfter(start, blocked)).toEqual([
      { type: "text-end", id: "1" },
      expect.objectContaining({ type: "tool-input-error", toolCallId: "t", toolName: "note" }),
      { type: "custom", kind: "facet.verdict", providerMetadata: { facet: told } },
      { type: "finish-step" },
      { type: "finish", finishReason: "content-filter" },
      "[DONE]",
    ])
    expect(await endingAfter(start, failed)).toContainEqual({ type: "error", errorText: "The answer broke off." })
  })

  test("of Responses keeps what was said", async () => {
    const [start = ""] = answers.responsesStream("x").split(/(?=event: response.output_text.done)/)
    expect(await endingAfter(start, blocked)).toMatchObject([
      {
        type: "response.incomplete",
        response: {
          id: "resp_1",
          status: "incomplete",
          incomplete_details: { reason: "content_filter" },
          output: [{ id: "msg_1", content: [{ text: `${cat} x` }] }],
        },
      },
    ])
    expect(await endingAfter(start, failed)).toMatchObject([
      { type: "response.failed", response: { status: "failed", error: { code: "server_error" } } },
    ])
  })

  test("comes once", async () => {
    expect(await endingAfter(answers.chatStream("x"), failed)).toEqual([])
    expect(await endingAfter(answers.responsesStream("x"), failed)).toEqual([])
    expect(await endingAfter(answers.uiText("x"), blocked)).toEqual([])
  })
})

async function framesOf(format: Format, chunks: ReadonlyArray<Uint8Array>) {
  const frames: Array<Frame<Piece>> = []
  for await (const frame of format.read(iterate(chunks))) frames.push(frame)
  return frames.map(({ texts, value: { bytes, hasText } }) => ({
    texts,
    bytes: Buffer.from(bytes).toString("latin1"),
    hasText,
  }))
}

async function endingAfter(body: string, why: Ending): Promise<ReadonlyArray<unknown>> {
  const format = events()
  for await (const { value } of format.read(iterate([new TextEncoder().encode(body)]))) value.sent?.()
  const lines = (format.ending(why) ?? "").split("\n").filter((line) => line.startsWith("data: "))
  return lines.map((line) => (line === "data: [DONE]" ? "[DONE]" : JSON.parse(line.slice(6))))
}

async function* iterate(chunks: ReadonlyArray<Uint8Array>) {
  yield* chunks
}

type ReadFrame = Awaited<ReturnType<typeof framesOf>>[number]

const bytesOf = (frames: ReadonlyArray<ReadFrame>): string =>
  Buffer.from(frames.map(({ bytes }) => bytes).join(""), "latin1").toString("utf8")

/** What was said, by channel or block; what is held says nothing yet. */
function said(frames: ReadonlyArray<ReadFrame>): Record<string, string> {
  const channels: Record<string, string> = {}
  for (const { block, channel = "text", isHeld, text } of frames.flatMap((frame) => frame.texts ?? [])) {
    const name = block ?? channel
    if (isHeld !== true && text !== "") channels[name] = (channels[name] ?? "") + text
  }
  return channels
}

function cut(bytes: Uint8Array, size: () => number): ReadonlyArray<Uint8Array> {
  const chunks: Array<Uint8Array> = []
  for (let start = 0; start < bytes.length;) {
    const end = start + size()
    chunks.push(bytes.subarray(start, end))
    start = end
  }
  return chunks
}

/** Numbers from 0 to 1 that are the same each time. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
