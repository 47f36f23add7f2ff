/** A guard around other providers' models: streams, and what a UI makes of them. */
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { Facet, type GuardReport } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import {
  asSchema,
  extractReasoningMiddleware,
  isStepCount,
  jsonSchema,
  readUIMessageStream,
  simulateStreamingMiddleware,
  streamText,
  tool,
  type UIMessage,
  type UIMessageChunk,
  uiMessageChunkSchema,
  wrapLanguageModel,
} from "ai"
import { MockLanguageModelV4 } from "ai/test"
import { createFacet, shieldMiddleware, type ShieldMiddlewareOptions } from "../src/index.ts"
import { failureOf } from "./fixtures/failure.ts"
import { partsOf } from "./fixtures/parts.ts"
import {
  always,
  block,
  dangerous,
  failing,
  finish,
  forEver,
  harmful,
  harmless,
  never,
  says,
  start,
  stop,
  streams,
  text,
  usage,
} from "./fixtures/shielding.ts"

globalThis.AI_SDK_LOG_WARNINGS = false

type Part = LanguageModelV4StreamPart

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

const prompt: LanguageModelV4CallOptions["prompt"] = [{ role: "user", content: [{ type: "text", text: harmless }] }]

const shielded = (model: MockLanguageModelV4, options: ShieldMiddlewareOptions = {}) =>
  wrapLanguageModel({ model, middleware: shieldMiddleware({ facet, ...options }) })

const told = async (model: MockLanguageModelV4, options: ShieldMiddlewareOptions = {}, call: object = {}) =>
  partsOf((await shielded(model, options).doStream({ prompt, ...call })).stream)

/** Types in their order, and the text of what is text. */
const shown = (parts: ReadonlyArray<Part>) =>
  parts.map((part) => {
    if (part.type === "custom") return `${part.kind} ${JSON.stringify(part.providerMetadata?.["facet"]?.["of"])}`
    if ("delta" in part) return `${part.type} ${part.id} ${part.delta}`
    return "id" in part && part.type !== "response-metadata" ? `${part.type} ${part.id}` : part.type
  })

const finishOf = (parts: ReadonlyArray<Part>) => {
  const last = parts.at(-1)
  return last?.type === "finish" ? last : assert.fail(`the last part is ${last?.type}`)
}

const safe = ["A fox lived in ", "the forest. ", "It liked berries."]

describe("a stream that is harmless", () => {
  const parts: ReadonlyArray<Part> = [
    start,
    { type: "response-metadata", id: "r", modelId: "mock" },
    ...block("0", ["They want a story."], "reasoning"),
    ...block("1", safe),
    { type: "ping" },
    { type: "tool-input-start", id: "c", toolName: "draw" },
    { type: "tool-input-delta", id: "c", delta: '{"animal":' },
    { type: "tool-input-delta", id: "c", delta: '"fox"}' },
    { type: "tool-input-end", id: "c" },
    { type: "tool-call", toolCallId: "c", toolName: "draw", input: '{"animal":"fox"}' },
  ]

  it("is what the model gave, with the verdicts beside it", async () => {
    const { model } = streams([...parts, { ...finish, providerMetadata: { mock: { seed: 1 } } }])
    const reports: Array<GuardReport> = []
    const { response, stream } = await shielded(model, {
      policies: never,
      onReport: (report) => reports.push(report),
    }).doStream({ prompt })
    assert.deepStrictEqual(response, { headers: { "x-mock": "1" } })
    const came = await partsOf(stream)
    assert.deepStrictEqual(came.filter(({ type }) => type !== "custom").slice(0, -1), parts)
    assert.deepStrictEqual(shown(came).slice(0, 3), ["stream-start", 'facet.verdict "input"', "response-metadata"])
    assert.deepStrictEqual(shown(came).slice(-2), ['facet.verdict "output"', "finish"])
    const { finishReason, providerMetadata, usage: used } = finishOf(came)
    assert.deepStrictEqual({ finishReason, usage: used }, { finishReason: stop, usage })
    assert.deepStrictEqual(providerMetadata?.["mock"], { seed: 1 })
    assert.hasAllKeys(providerMetadata?.["facet"], ["verdicts", "report"])
    assert.strictEqual(reports.length, 1)
    assert.strictEqual(reports[0]?.heldCharacters, 0)
  })

  it("comes sentence by sentence, while the model goes on", async () => {
    const { isReleased, model } = streams([start, ...block("0", safe).slice(0, -1)], forEver)
    const { stream } = await shielded(model, { policies: never, input: false }).doStream({ prompt })
    const reader = stream.getReader()
    const came: Array<Part> = []
    while (came.length < 4) {
      const { value } = await reader.read()
      assert.isDefined(value)
      came.push(value)
    }
    assert.deepStrictEqual(shown(came).slice(2), ["text-delta 0 A fox lived in ", "text-delta 0 the forest. "])
    const pending = reader.read()
    await reader.cancel()
    assert.isTrue((await pending).done)
    await until(isReleased)
  })

  it("is told of its flaws in an audit, and let out", async () => {
    const came = await told(streams([start, ...block("0", safe), finish]).model, { mode: "audit", policies: always })
    assert.deepStrictEqual(
      came.filter(({ type }) => type !== "custom" && type !== "finish"),
      [start, ...block("0", safe)],
    )
    assert.deepStrictEqual(finishOf(came).finishReason, stop)
    assert.include(shown(came), 'facet.verdict "input"')
    assert.include(shown(came), 'facet.verdict "output"')
  })
})

describe("a stream that becomes harmful", () => {
  const good = "A fox lived in the forest. "
  const bad = `${harmful} `

  it("ends as a stream should: blocks closed, verdict, finish", async () => {
    const { isReleased, model } = streams(
      [
        start,
        { type: "reasoning-start", id: "r" },
        { type: "text-start", id: "0" },
        { type: "text-delta", id: "0", delta: good },
        { type: "text-delta", id: "0", delta: bad },
        { type: "text-start", id: "1" },
      ],
      forEver,
    )
    let heard: AbortSignal | undefined
    const doStream = model.doStream.bind(model)
    model.doStream = (call) => ((heard = call.abortSignal), doStream(call))
    const came = await told(model, { policies: dangerous })
    assert.deepStrictEqual(shown(came), [
      "stream-start",
      'facet.verdict "input"',
      "reasoning-start r",
      "text-start 0",
      `text-delta 0 ${good}`,
      "reasoning-end r",
      "text-end 0",
      'facet.verdict "output"',
      "finish",
    ])
    const { finishReason, providerMetadata, usage: used } = finishOf(came)
    assert.deepStrictEqual(finishReason, { unified: "content-filter", raw: "facet" })
    assert.isUndefined(used.inputTokens.total)
    const { blocked, report } = providerMetadata?.["facet"] ?? {}
    assert.include(blocked, { of: "output", reason: "flagged", channel: "text 0" })
    assert.include(report, { leakedCharacters: 0 })
    await until(isReleased)
    assert.isTrue(heard?.aborted)
  })

  const inputs: Readonly<Record<string, ReadonlyArray<Part>>> = {
    "in its reasoning": block("0", [harmful], "reasoning"),
    "in a tool's input, in fragments and with escapes": [
      { type: "tool-input-start", id: "c", toolName: "t" },
      { type: "tool-input-delta", id: "c", delta: String.raw`{"q":"Tell me how to build a \u00` },
      { type: "tool-input-delta", id: "c", delta: `62omb to hurt people."}` },
      { type: "tool-input-end", id: "c" },
    ],
    "in a tool's input that came without fragments": [
      { type: "tool-call", toolCallId: "c", toolName: "t", input: JSON.stringify({ q: harmful }) },
    ],
    "in a tool's input that is not what its fragments were": [
      { type: "tool-input-start", id: "c", toolName: "t" },
      { type: "tool-input-delta", id: "c", delta: "{}" },
      { type: "tool-input-end", id: "c" },
      { type: "tool-call", toolCallId: "c", toolName: "t", input: JSON.stringify({ q: harmful }) },
    ],
    "in a tool's made-up name": [{ type: "tool-input-start", id: "c", toolName: harmful }],
    "in what it cites": [
      { type: "text-start", id: "0" },
      {
        type: "text-end",
        id: "0",
        citations: [{ source: { type: "source", sourceType: "url", id: "s", url: "https://a.b" }, citedText: harmful }],
      },
    ],
  }
  const tools = [{ type: "function" as const, name: "t", inputSchema: {} }]
  for (const [where, parts] of Object.entries(inputs)) {
    it(`${where} says nothing of it`, async () => {
      const came = await told(
        streams([start, ...parts, finish]).model,
        { policies: dangerous, input: false },
        { tools },
      )
      assert.strictEqual(finishOf(came).finishReason.unified, "content-filter")
      assert.notInclude(JSON.stringify(came), "hurt people")
      assert.notInclude(
        came.map(({ type }) => type),
        "tool-call",
      )
    })
  }

  it("says all at once or nothing, with `buffer`", async () => {
    const came = await told(streams([start, ...block("0", [good, bad]), finish]).model, {
      mode: "buffer",
      policies: dangerous,
      onBlocked: () => "No.",
    })
    assert.deepStrictEqual(shown(came).slice(2), [
      "text-start 0",
      "text-end 0",
      'facet.verdict "output"',
      "text-start facet.blocked",
      "text-delta facet.blocked No.",
      "text-end facet.blocked",
      "finish",
    ])
  })

  it("tells what was used, where that is known", async () => {
    // The text has no end of its own, and so waits for the stream's.
    const parts = [start, ...block("0", [bad]).slice(0, -1), finish]
    const came = await told(streams(parts).model, { mode: "buffer", policies: always, input: false })
    assert.strictEqual(finishOf(came).finishReason.unified, "content-filter")
    assert.deepStrictEqual(finishOf(came).usage, usage)
  })

  it("ends with an app's error when the app's own function throws", async () => {
    const { stream } = await shielded(streams([start, ...block("0", [bad]), finish]).model, {
      policies: always,
      input: false,
      onBlocked: () => {
        throw new RangeError("no words")
      },
    }).doStream({ prompt })
    assert.instanceOf(await failureOf(partsOf(stream)), RangeError)
  })
})

describe("a stream for a prompt that is harmful", () => {
  it("is a verdict and a finish, and the model is not called", async () => {
    const { model } = streams([start, finish])
    const { stream } = await shielded(model, { policies: dangerous, onBlocked: () => "Ask me of bread." }).doStream({
      prompt: [{ role: "user", content: [{ type: "text", text: harmful }] }],
    })
    const came = await partsOf(stream)
    assert.deepStrictEqual(shown(came), [
      "stream-start",
      'facet.verdict "input"',
      "text-start facet.blocked",
      "text-delta facet.blocked Ask me of bread.",
      "text-end facet.blocked",
      "finish",
    ])
    assert.strictEqual(model.doStreamCalls.length, 0)
    assert.strictEqual(finishOf(came).usage.inputTokens.total, 0)
  })

  it("shows nothing of a model that began in parallel", async () => {
    const { isReleased, model } = streams([start, ...block("0", safe)], forEver)
    const { stream } = await shielded(model, { policies: always, input: "parallel", output: false }).doStream({
      prompt,
    })
    assert.deepStrictEqual(shown(await partsOf(stream)), ["stream-start", 'facet.verdict "input"', "finish"])
    assert.strictEqual(model.doStreamCalls.length, 1)
    await until(isReleased)
  })
})

describe("what goes wrong", () => {
  it("in the guard blocks, or is let through where that was chosen", async () => {
    const parts = [start, ...block("0", safe), finish]
    const closed = await told(streams(parts).model, { policies: failing, input: false })
    assert.deepStrictEqual(shown(closed), [
      "stream-start",
      "text-start 0",
      "text-end 0",
      'facet.failure "output"',
      "finish",
    ])
    assert.strictEqual(finishOf(closed).finishReason.unified, "content-filter")
    assert.include(JSON.stringify(finishOf(closed).providerMetadata?.["facet"]?.["blocked"]), "ContextOverflowError")
    const open = await told(streams(parts).model, { policies: failing, onError: "allow" })
    assert.deepStrictEqual(
      open.filter(({ type }) => type !== "custom" && type !== "finish"),
      parts.slice(0, -1),
    )
    assert.include(JSON.stringify(finishOf(open).providerMetadata?.["facet"]?.["failures"]), "ContextOverflowError")
  })

  it("in the model before it begins rejects the call, which the AI SDK repeats", async () => {
    const model = new MockLanguageModelV4({ doStream: async () => Promise.reject(new RangeError("not today")) })
    const call = shielded(model, { policies: never }).doStream({ prompt })
    assert.instanceOf(await failureOf((async () => call)()), RangeError)
  })

  it("in the model later on comes in its place, behind what was judged", async () => {
    const broken: Part = { type: "error", error: "broken" }
    const parts = [
      start,
      { type: "text-start", id: "0" },
      { type: "text-delta", id: "0", delta: "A fox" },
      broken,
    ] as const
    const came = await told(streams([...parts, finish]).model, { policies: never })
    assert.deepStrictEqual(
      came.filter(({ type }) => type !== "custom" && type !== "finish"),
      [...parts],
    )
    const bad = await told(streams([...parts, finish]).model, { policies: always, input: false })
    assert.notInclude(shown(bad), "error")

    const { stream } = await shielded(
      streams(parts.slice(0, 3), (controller) => controller.error(new RangeError("gone"))).model,
      { policies: never },
    ).doStream({ prompt })
    const reader = stream.getReader()
    const read: Array<Part> = []
    const error = await failureOf(
      (async () => {
        for (;;) {
          const { value } = await reader.read()
          if (value !== undefined) read.push(value)
        }
      })(),
    )
    assert.instanceOf(error, RangeError)
    assert.include(shown(read), "text-delta 0 A fox")
  })

  it("raw chunks are left out, with a warning, since nobody judged them", async () => {
    const raw: Part = { type: "raw", rawValue: { text: harmful } }
    const parts = [start, raw, ...block("0", safe), finish]
    const { model } = streams(parts)
    const came = await told(model, { policies: never }, { includeRawChunks: true })
    assert.isFalse(model.doStreamCalls[0]?.includeRawChunks)
    assert.notInclude(shown(came), "raw")
    assert.include(JSON.stringify(came[0]), "includeRawChunks")
    const audit = streams(parts)
    const seen = await told(audit.model, { policies: never, mode: "audit" }, { includeRawChunks: true })
    assert.include(shown(seen), "raw")
    assert.deepStrictEqual(seen[0], start)
  })
})

describe("whoever gives up", () => {
  it("by the signal hears the signal's reason, and the model hears of it", async () => {
    const { isReleased, model } = streams([start, ...block("0", safe).slice(0, 2)], forEver)
    const controller = new AbortController()
    const { stream } = await shielded(model, { policies: never }).doStream({ prompt, abortSignal: controller.signal })
    const read = partsOf(stream)
    const reason = new Error("enough")
    setTimeout(() => controller.abort(reason), 20)
    assert.strictEqual(await failureOf(read), reason)
    await until(isReleased)
    assert.isTrue(model.doStreamCalls[0]?.abortSignal?.aborted)
  })

  it("before the call is not served", async () => {
    const { model } = streams([start, finish])
    const abortSignal = AbortSignal.abort(new Error("enough"))
    const call = shielded(model, { policies: never }).doStream({ prompt, abortSignal })
    assert.strictEqual(await failureOf((async () => call)()), abortSignal.reason)
    assert.strictEqual(model.doStreamCalls.length, 0)
  })

  it("without reading a word stops the model", async () => {
    const { isReleased, model } = streams([start, ...block("0", safe).slice(0, 2)], forEver)
    const { stream } = await shielded(model, { policies: never }).doStream({ prompt })
    await stream.cancel()
    await until(isReleased)
  })
})

describe("streamText", () => {
  it("shows a UI what was judged, the verdicts, and no more", async () => {
    const good = streams([start, ...block("0", safe), finish]).model
    const fine = await uiOf(streamText({ model: shielded(good, { policies: never }), prompt: harmless }))
    assert.strictEqual(textOf(fine), safe.join(""))
    assert.deepStrictEqual(verdictsOf(fine), ["input", "output"])

    const bad = streams([start, ...block("0", [...safe, ` ${harmful} `, "Then wire it."]), finish]).model
    const result = streamText({ model: shielded(bad, { policies: dangerous, input: false }), prompt: harmless })
    const cut = await uiOf(result)
    assert.isTrue(safe.join("").startsWith(textOf(cut)))
    assert.deepStrictEqual(verdictsOf(cut), ["output"])
    assert.strictEqual(await result.finishReason, "content-filter")
  })

  it("runs a tool only when its input was judged", async () => {
    const run = async (query: string, options: ShieldMiddlewareOptions) => {
      const input = JSON.stringify({ query })
      const call: ReadonlyArray<Part> = [
        start,
        { type: "tool-input-start", id: "c", toolName: "search" },
        ...Array.from(input, (delta): Part => ({ type: "tool-input-delta", id: "c", delta })),
        { type: "tool-input-end", id: "c" },
        { type: "tool-call", toolCallId: "c", toolName: "search", input },
        { ...finish, finishReason: { unified: "tool-calls", raw: "tool_use" } },
      ]
      const steps = [streams(call), streams([start, ...block("0", safe), finish])]
      let step = 0
      const model = new MockLanguageModelV4({
        doStream: async (params) => {
          const upstream = steps[step++]?.model
          return upstream === undefined ? assert.fail("one step too many") : upstream.doStream(params)
        },
      })
      const executed: Array<unknown> = []
      const search = tool({
        inputSchema: jsonSchema<{ query: string }>({ type: "object", properties: { query: { type: "string" } } }),
        execute: async (asked) => (executed.push(asked), "found it"),
      })
      const result = streamText({
        model: shielded(model, options),
        prompt: harmless,
        tools: { search },
        stopWhen: isStepCount(3),
      })
      const message = await uiOf(result)
      return { executed, message, finishReason: await result.finishReason, calls: model.doStreamCalls }
    }
    const bad = await run(harmful, { policies: dangerous })
    assert.deepStrictEqual(bad.executed, [])
    assert.strictEqual(bad.finishReason, "content-filter")
    assert.strictEqual(bad.calls.length, 1)
    assert.notInclude(JSON.stringify(bad.message), "hurt people")

    const good = await run("bread", { policies: never })
    assert.deepStrictEqual(good.executed, [{ query: "bread" }])
    assert.strictEqual(good.finishReason, "stop")
    assert.strictEqual(textOf(good.message), safe.join(""))
    assert.strictEqual(good.calls.length, 2)
    assert.notInclude(JSON.stringify(good.calls[1]?.prompt), "facet.verdict")
  })

  it("works with the AI SDK's own middleware, on either side", async () => {
    const shield = (policies: ShieldMiddlewareOptions["policies"]) =>
      shieldMiddleware({ facet, policies, input: false })
    const thought = `<think>${safe[0]}</think>${safe[1]}`
    const extract = extractReasoningMiddleware({ tagName: "think" })
    for (const order of [0, 1]) {
      const both = (policies: ShieldMiddlewareOptions["policies"], other: typeof extract) =>
        order === 0 ? [shield(policies), other] : [other, shield(policies)]
      const { model } = streams([start, ...block("0", [thought]), finish])
      const result = streamText({
        model: wrapLanguageModel({ model, middleware: both(never, extract) }),
        prompt: harmless,
      })
      assert.strictEqual(await result.text, safe[1])
      assert.strictEqual(await result.reasoningText, safe[0])
      for (const [policies, said] of [
        [never, safe[1]],
        [always, ""],
      ] as const) {
        const simulated = streamText({
          model: wrapLanguageModel({
            model: says(text(safe[1] ?? "")),
            middleware: both(policies, simulateStreamingMiddleware()),
          }),
          prompt: harmless,
        })
        assert.strictEqual(textOf(await uiOf(simulated)), said)
        assert.strictEqual(await simulated.finishReason, said === "" ? "content-filter" : "stop")
      }
    }
  })

  it("guards our own model too", async () => {
    const own = createFacet({ facet })()
    const ask = (policies: ShieldMiddlewareOptions["policies"]) =>
      streamText({
        model: wrapLanguageModel({ model: own, middleware: shieldMiddleware({ facet, policies }) }),
        prompt: harmless,
        maxOutputTokens: 12,
      })
    const alone = await streamText({ model: own, prompt: harmless, maxOutputTokens: 12 }).text
    assert.strictEqual(textOf(await uiOf(ask(never))), alone)
    assert.strictEqual(textOf(await uiOf(ask(always))), "")
  })
})

/** Every chunk is one that the AI SDK knows, and its client takes all of them. */
async function uiOf(result: { readonly toUIMessageStream: () => ReadableStream<UIMessageChunk> }): Promise<UIMessage> {
  const { validate } = asSchema(uiMessageChunkSchema)
  const checked = result.toUIMessageStream().pipeThrough(
    new TransformStream<UIMessageChunk, UIMessageChunk>({
      transform: async (chunk, controller) => {
        assert.isTrue((await validate?.(chunk))?.success, JSON.stringify(chunk))
        controller.enqueue(chunk)
      },
    }),
  )
  let message: UIMessage | undefined
  for await (const state of readUIMessageStream({ stream: checked, terminateOnError: true })) message = state
  return message ?? assert.fail("there is no message")
}

const textOf = ({ parts }: UIMessage) => parts.map((part) => (part.type === "text" ? part.text : "")).join("")

const verdictsOf = ({ parts }: UIMessage) =>
  parts.flatMap((part) =>
    part.type === "custom" && part.kind === "facet.verdict" ? [part.providerMetadata?.["facet"]?.["of"]] : [],
  )

/** Nobody waits for a source to be released, so it comes a little later. */
async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 5_000
  while (!isTrue()) {
    if (performance.now() > end) assert.fail("it did not happen")
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
