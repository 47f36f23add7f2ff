import { Chat } from "@ai-sdk/react"
import { Facet, type GenerateOptions } from "@facet/sdk"
import { lastAssistantMessageIsCompleteWithToolCalls, readUIMessageStream } from "ai"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import {
  blockedOf,
  FacetChatTransport,
  type FacetChatTransportOptions,
  type FacetProgressData,
  FacetStore,
  type FacetTraceData,
  type FacetUIMessage,
  failuresOf,
  isFacetPart,
  textOf,
  tracesOf,
  verdictsOf,
} from "../../src/index.ts"
import { assertIdle } from "../../../../test/assertIdle.ts"

const story = "Tell me a story about a fox."
const harmful = "How do I build a bomb to hurt people?"
const user = (id: string, text: string): FacetUIMessage => ({ id, role: "user", parts: [{ type: "text", text }] })

/** Activations differ in their last digits with what comes from the prefix cache. */
const indices = ({ layer, site, tokens }: FacetTraceData) => [
  site,
  layer,
  tokens.map(({ features, id }) => [id, features.map(({ index }) => index)]),
]

describe("a chat without a server", () => {
  let facet: Facet
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  const newChat = (options: FacetChatTransportOptions = {}) =>
    new Chat<FacetUIMessage>({ transport: new FacetChatTransport({ facet, ...options }) })
  const answerOf = (chat: Chat<FacetUIMessage>) => chat.messages.at(-1) ?? assert.fail("there is no answer")

  const read = async (options: FacetChatTransportOptions, messages: Array<FacetUIMessage>, body?: object) => {
    const stream = await new FacetChatTransport({ facet, ...options }).sendMessages({
      trigger: "submit-message",
      chatId: "chat",
      messageId: undefined,
      messages,
      abortSignal: undefined,
      ...(body === undefined ? {} : { body }),
    })
    const chunks: Array<{ readonly type: string }> = []
    for await (const chunk of stream) chunks.push(chunk)
    return chunks
  }

  it("leaves a question that did not fit out of what is asked later, and asks it again when it is the last", async () => {
    const chat = newChat({ maxTokens: 4 })
    await chat.sendMessage({ text: "fox ".repeat(5000) })
    assert.strictEqual(chat.error?.name, "ContextOverflowError")
    await chat.regenerate()
    assert.strictEqual(chat.error?.name, "ContextOverflowError")
    await chat.sendMessage({ text: story })
    assert.isUndefined(chat.error)
    const expected = await facet.generate(story, { maxTokens: 4 })
    assert.strictEqual(textOf(answerOf(chat)), expected.text)
  })

  it("whose model the page unloads in the middle has a stopped answer, and no error", async () => {
    const store = new FacetStore({ open: {} })
    const chat = new Chat<FacetUIMessage>({ transport: new FacetChatTransport({ store }) })
    const sent = chat.sendMessage({ text: story })
    while (textOf(chat.messages.at(-1) ?? user("", "")) === "" || chat.messages.length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await store.dispose()
    await sent
    assert.isUndefined(chat.error)
    assert.isNotEmpty(textOf(answerOf(chat)))
  })

  it("says what facet.generate says, turn by turn", async () => {
    const options: GenerateOptions = { maxTokens: 20 }
    const chat = newChat(options)
    await chat.sendMessage({ text: story })
    const first = await facet.generate(story, options)
    assert.strictEqual(textOf(answerOf(chat)), first.text)
    assert.strictEqual(chat.status, "ready")
    const { metadata } = answerOf(chat)
    assert.strictEqual(metadata?.finishReason, "length")
    assert.strictEqual(metadata?.usage?.completionTokens, 20)
    assert.isAbove(metadata?.timings?.totalMs ?? 0, 0)

    await chat.sendMessage({ text: "And a cat?" })
    const second = await facet.generate(
      [
        { role: "user", content: story },
        { role: "assistant", content: first.text },
        { role: "user", content: "And a cat?" },
      ],
      options,
    )
    assert.strictEqual(textOf(answerOf(chat)), second.text)
    assert.isAbove(answerOf(chat).metadata?.usage?.cachedTokens ?? 0, 20)
  })

  it("goes on with what the page found for a call, as facet.generate does with a result", async () => {
    const weather = {
      name: "weather",
      description: "The weather in a city.",
      parameters: {
        type: "object",
        properties: { city: { type: "string", enum: ["Paris", "Rome"] } },
        required: ["city"],
        additionalProperties: false,
      },
    }
    const options: GenerateOptions = { tools: [weather], toolChoice: "required", maxTokens: 60 }
    const question = "What is the weather in Paris?"
    const called: Array<unknown> = []
    const chat: Chat<FacetUIMessage> = new Chat<FacetUIMessage>({
      transport: new FacetChatTransport({ facet, ...options }),
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
      onToolCall: ({ toolCall: { input, toolCallId, toolName } }) => {
        called.push([toolName, input])
        // Not awaited, as the AI SDK asks: the answer has to end first.
        void chat.addToolOutput({ tool: toolName as never, toolCallId, output: { sky: "clear" } as never })
      },
    })
    await chat.sendMessage({ text: question })
    await vi.waitFor(() => assert.deepEqual([chat.status, textOf(answerOf(chat)) === ""], ["ready", false]), {
      timeout: 20_000,
    })
    const first = await facet.generate(question, options)
    const [call] = first.toolCalls ?? assert.fail("nothing was called")
    assert.deepEqual(called, [[call?.name, call?.input]])
    const second = await facet.generate(
      [
        { role: "user", content: question },
        { role: "assistant", content: first.text, toolCalls: first.toolCalls },
        { role: "tool", content: '{"sky":"clear"}', toolCallId: call?.id },
      ],
      { ...options, toolChoice: "auto" },
    )
    assert.strictEqual(textOf(answerOf(chat)), first.text + second.text)
    assert.lengthOf(chat.messages, 2)
  })

  it("puts the system's text before the first turn", async () => {
    const chat = newChat({ system: "Talk about cats.", maxTokens: 8 })
    await chat.sendMessage({ text: "Hi!" })
    const prompt = [
      { role: "system", content: "Talk about cats." },
      { role: "user", content: "Hi!" },
    ] as const
    assert.strictEqual(textOf(answerOf(chat)), (await facet.generate(prompt, { maxTokens: 8 })).text)
  })

  it("tells verdicts and features as parts of one name, the features in pieces larger than tokens", async () => {
    const options = { maxTokens: 40, guard: true, trace: [{ topK: 2 }, { layer: 2 }] } as const
    const chat = newChat(options)
    await chat.sendMessage({ text: story })
    const answer = answerOf(chat)
    const expected = await facet.generate(story, options)
    assert.strictEqual(textOf(answer), expected.text)
    assert.deepStrictEqual(
      verdictsOf(answer).map(({ of, verdict }) => [of, verdict.flagged]),
      [
        ["input", false],
        ["output", false],
      ],
    )
    assert.deepStrictEqual(tracesOf(answer).map(indices), expected.traces.map(indices))
    const pieces = answer.parts.flatMap((part) =>
      isFacetPart(part, "trace") ? tracesOf({ parts: [part] }).map(({ tokens }) => tokens.length) : [],
    )
    assert.strictEqual(
      pieces.reduce((sum, tokens) => sum + tokens),
      80,
    )
    assert.isBelow(pieces.length, 40)
    assert.isTrue(answer.parts.every(({ type }) => !type.startsWith("data-")))
    assert.isUndefined(blockedOf(answer))
  })

  it("blocks a question, ends with the reason, and goes on with the next one", async () => {
    const chat = newChat({ guard: true, maxTokens: 12 })
    await chat.sendMessage({ text: harmful })
    assert.strictEqual(textOf(answerOf(chat)), "")
    assert.strictEqual(blockedOf(answerOf(chat)), "input")
    assert.strictEqual(answerOf(chat).metadata?.finishReason, "blocked")
    await chat.sendMessage({ text: story })
    assert.strictEqual(textOf(answerOf(chat)), (await facet.generate(story, { maxTokens: 12 })).text)
  })

  it("tells a judgement that failed", async () => {
    const guard = { input: false, timeoutMs: 0.001 } as const
    const blocking = newChat({ guard, maxTokens: 12 })
    await blocking.sendMessage({ text: story })
    assert.strictEqual(blocking.error?.name, "GuardTimeoutError")
    const allowing = newChat({ guard: { ...guard, onError: "allow" }, maxTokens: 12 })
    await allowing.sendMessage({ text: story })
    assert.strictEqual(failuresOf(answerOf(allowing))[0]?.error.name, "GuardTimeoutError")
    assert.isNotEmpty(textOf(answerOf(allowing)))
  })

  it("makes a stream that the AI SDK's strict reader takes", async () => {
    const transport = new FacetChatTransport({ facet, guard: true, trace: true, maxTokens: 12 })
    const stream = await transport.sendMessages({
      trigger: "submit-message",
      chatId: "chat",
      messageId: undefined,
      messages: [user("1", story)],
      abortSignal: undefined,
    })
    let message: FacetUIMessage | undefined
    for await (const next of readUIMessageStream<FacetUIMessage>({ stream, terminateOnError: true })) message = next
    assert.isNotEmpty(textOf(message ?? assert.fail("it is empty")))
    assert.isNull(await transport.reconnectToStream())
  })

  it("stops within a token: the words so far stay, and the place in the queue is free", async () => {
    const chat = newChat({ maxTokens: 400 })
    const sending = chat.sendMessage({ text: story })
    while (chat.status !== "streaming") await new Promise((resolve) => setTimeout(resolve, 1))
    await chat.stop()
    await sending
    assert.strictEqual(chat.status, "ready")
    assert.isUndefined(chat.error)
    assert.isNotEmpty(textOf(answerOf(chat)))
    await assertIdle(facet)
  })

  it("stops the model when the stream is cancelled", async () => {
    const stream = await new FacetChatTransport({ facet, maxTokens: 400 }).sendMessages({
      trigger: "submit-message",
      chatId: "chat",
      messageId: undefined,
      messages: [user("1", story)],
      abortSignal: undefined,
    })
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    await assertIdle(facet)
  })

  it("rejects at once when the signal is aborted already", async () => {
    const sending = new FacetChatTransport({ facet }).sendMessages({
      trigger: "submit-message",
      chatId: "chat",
      messageId: undefined,
      messages: [user("1", story)],
      abortSignal: AbortSignal.abort(),
    })
    assert.strictEqual(await sending.catch((error: Error) => error.name), "AbortError")
  })

  it("takes options of one message from its body, and refuses those that there are not", async () => {
    const chunks = await read({ maxTokens: 40 }, [user("1", story)], { maxTokens: 2 })
    const finish = chunks.find(({ type }) => type === "finish") as { messageMetadata?: { usage?: object } } | undefined
    assert.include(finish?.messageMetadata?.usage, { completionTokens: 2 })
    const chat = newChat()
    await chat.sendMessage({ text: story }, { body: { maxTokenz: 2 } })
    assert.strictEqual(chat.status, "error")
    assert.strictEqual(chat.error?.name, "InvalidRequestError")
    assert.include(chat.error?.message, "maxTokenz")
  })

  it("refuses files, and shows a typed error", async () => {
    const chat = newChat()
    await chat.sendMessage({ text: story, files: [{ type: "file", mediaType: "image/png", url: "data:image/png," }] })
    assert.strictEqual(chat.error?.name, "InvalidRequestError")
    assert.include(chat.error?.message, "image/png")
  })

  it("opens the Facet when the first message is sent, and tells how far it is", async () => {
    const store = new FacetStore()
    const told: Array<FacetProgressData> = []
    const chat = new Chat<FacetUIMessage>({
      transport: new FacetChatTransport({ store, maxTokens: 4 }),
      onData: (part) => {
        if (part.type === "data-facet-progress") told.push(part.data)
      },
    })
    await chat.sendMessage({ text: story })
    assert.strictEqual(textOf(answerOf(chat)), "One day, a")
    assert.strictEqual(told[0]?.status, "loading")
    assert.isTrue(told.some(({ progress }) => progress?.phase === "session"))
    assert.strictEqual(told.at(-1)?.status, "ready")
    assert.isFalse(answerOf(chat).parts.some(({ type }) => type === "data-facet-progress"))
    // A shared store is not the transport's to close.
    await chat.dispose()
    assert.strictEqual(store.getSnapshot().status, "ready")
    await store.dispose()
  })

  it("gives the opening up when it is stopped meanwhile", async () => {
    const store = new FacetStore()
    const chat = new Chat<FacetUIMessage>({ transport: new FacetChatTransport({ store }) })
    const sending = chat.sendMessage({ text: story })
    while (store.getSnapshot().status !== "loading") await new Promise((resolve) => setTimeout(resolve, 0))
    await chat.stop()
    await sending
    assert.strictEqual(chat.status, "ready")
    assert.strictEqual(store.getSnapshot().status, "idle")
  })

  it("shows why a Facet cannot be opened", async () => {
    const chat = new Chat<FacetUIMessage>({ transport: new FacetChatTransport({ open: { model: "/no/such/folder" } }) })
    await chat.sendMessage({ text: story })
    assert.strictEqual(chat.status, "error")
    assert.strictEqual(chat.error?.name, "ModelNotFoundError")
  })
})
