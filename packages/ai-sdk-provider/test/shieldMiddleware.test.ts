/** A guard around other providers' models: whole answers. */
import { InvalidArgumentError, type LanguageModelV4CallOptions, type LanguageModelV4Content } from "@ai-sdk/provider"
import { type Blocked, ClosedError, Facet, type GuardReport, openOnce } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { convertToModelMessages, generateText, Output, type UIMessage, wrapLanguageModel } from "ai"
import { MockLanguageModelV4 } from "ai/test"
import {
  createFacet,
  FacetProviderError,
  shieldMiddleware,
  type ShieldMiddlewareOptions,
  traceMiddleware,
} from "../src/index.ts"
import { failureOf } from "./fixtures/failure.ts"
import {
  always,
  dangerous,
  failing,
  forEver,
  harmful,
  harmless,
  never,
  says,
  stop,
  text,
  usage,
} from "./fixtures/shielding.ts"

globalThis.AI_SDK_LOG_WARNINGS = false

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

const userTurn = (words: string): LanguageModelV4CallOptions["prompt"] => [
  { role: "user", content: [{ type: "text", text: words }] },
]

const shielded = (model: MockLanguageModelV4, options: ShieldMiddlewareOptions = {}) =>
  wrapLanguageModel({ model, middleware: shieldMiddleware({ facet, ...options }) })

const ask = (model: MockLanguageModelV4, options: ShieldMiddlewareOptions = {}, words = harmless) =>
  shielded(model, options).doGenerate({ prompt: userTurn(words) })

const verdictsIn = (content: ReadonlyArray<LanguageModelV4Content>) =>
  content.flatMap((part) => {
    if (part.type !== "custom" || part.kind !== "facet.verdict") return []
    const { of, verdict } = part.providerMetadata?.["facet"] ?? {}
    return [`${JSON.stringify(of)} ${JSON.stringify(verdict).includes('"flagged":true')}`]
  })

const wordsIn = (content: ReadonlyArray<LanguageModelV4Content>) => content.filter(({ type }) => type !== "custom")

describe("an answer that is harmless", () => {
  it("is what the model gave, with the verdicts beside it", async () => {
    const said = [
      { type: "reasoning" as const, text: "They want bread." },
      text("Mix flour and water."),
      { type: "tool-call" as const, toolCallId: "1", toolName: "oven", input: '{"celsius":220}' },
    ]
    const model = says(...said)
    const reports: Array<GuardReport> = []
    const result = await ask(model, { policies: never, onReport: (report) => reports.push(report) })
    assert.deepStrictEqual(wordsIn(result.content), said)
    assert.deepStrictEqual(verdictsIn(result.content), ['"input" false', '"output" false'])
    assert.strictEqual(result.content[0]?.type, "custom")
    assert.strictEqual(result.content.at(-1)?.type, "custom")
    assert.deepStrictEqual(result.finishReason, stop)
    assert.deepStrictEqual(result.usage, usage)
    assert.deepStrictEqual(result.providerMetadata?.["mock"], { seed: 1 })
    assert.hasAllKeys(result.providerMetadata?.["facet"], ["verdicts", "report"])
    assert.isDefined(result.response?.body)
    assert.strictEqual(reports.length, 1)
    // The input, the text, the reasoning, the name of the tool that nobody offered; of its input, a number says nothing.
    assert.strictEqual(reports[0]?.judgements, 4)
  })

  it("is told of its flaws in an audit, and let out", async () => {
    const result = await ask(says(text("A bear sat.")), { mode: "audit", policies: always })
    assert.deepStrictEqual(wordsIn(result.content), [text("A bear sat.")])
    assert.deepStrictEqual(verdictsIn(result.content), ['"input" true', '"output" true'])
    assert.deepStrictEqual(result.finishReason, stop)
  })
})

describe("an answer that is harmful", () => {
  const hidden = harmful.replace("bomb", String.raw`\u0062omb`)
  const answers: Readonly<Record<string, [LanguageModelV4Content, channel: string]>> = {
    "in its text": [text(harmful), "text 1"],
    "in its reasoning": [{ type: "reasoning", text: harmful }, "reasoning 1"],
    "in a tool's input": [
      { type: "tool-call", toolCallId: "7", toolName: "search", input: `{"query":"${hidden}"}` },
      "tool-call 7",
    ],
    "in what a provider's tool found": [
      { type: "tool-result", toolCallId: "7", toolName: "search", result: { pages: [{ title: harmful }] } },
      "tool-result 7",
    ],
    "in a source's title": [
      { type: "source", sourceType: "url", id: "s", url: "https://a.b", title: harmful },
      "source",
    ],
    "in a file": [
      { type: "file", mediaType: "text/plain", data: { type: "data", data: new TextEncoder().encode(harmful) } },
      "file",
    ],
    "in another's custom part": [
      { type: "custom", kind: "mock.note", providerMetadata: { mock: { note: harmful } } },
      "mock.note",
    ],
  }
  for (const [where, [part, channel]] of Object.entries(answers)) {
    it(`${where} is not there: no word of it`, async () => {
      const tools = [{ type: "function" as const, name: "search", inputSchema: {} }]
      const model = shielded(says(text("Well."), part), { input: false, policies: dangerous })
      const result = await model.doGenerate({ prompt: userTurn(harmless), tools })
      assert.deepStrictEqual(wordsIn(result.content), [])
      assert.deepStrictEqual(verdictsIn(result.content), ['"output" true'])
      assert.deepStrictEqual(result.finishReason, { unified: "content-filter", raw: "facet" })
      assert.notInclude(JSON.stringify(result), "hurt people")
      assert.deepStrictEqual(result.usage, usage, "the model was called, and is paid")
      const { blocked } = result.providerMetadata?.["facet"] ?? {}
      assert.include(blocked, { of: "output", channel, reason: "flagged" })
    })
  }

  it("has another text in its place where the app gives one", async () => {
    const told: Array<Blocked> = []
    const onBlocked = async (blocked: Blocked) => (told.push(blocked), "Let us speak of bread.")
    const { content, finishReason } = await generateText({
      model: shielded(says(text(harmful)), { policies: dangerous, onBlocked }),
      prompt: harmless,
    })
    assert.deepStrictEqual(
      content.flatMap((part) => (part.type === "text" ? [part.text] : [])),
      ["Let us speak of bread."],
    )
    assert.strictEqual(finishReason, "content-filter")
    assert.strictEqual(told[0]?.of, "output")
  })

  it("is no object either", async () => {
    const output = Output.json()
    const model = shielded(says(text(`{"plan":"${harmful}"}`)), { policies: dangerous, input: false })
    const result = await generateText({ model, output, prompt: harmless })
    assert.strictEqual(result.finishReason, "content-filter")
    assert.throws(() => result.output)
    const good = shielded(says(text('{"plan":"bread"}')), { policies: never })
    assert.deepStrictEqual((await generateText({ model: good, output, prompt: harmless })).output, { plan: "bread" })
  })
})

describe("a prompt that is harmful", () => {
  it("does not reach the model, in whichever turn it stands", async () => {
    const model = says(text("Sure."))
    const prompt = [...userTurn(harmful), { role: "assistant" as const, content: [] }, ...userTurn("Go on.")]
    const result = await shielded(model, { policies: dangerous }).doGenerate({ prompt })
    assert.strictEqual(model.doGenerateCalls.length, 0)
    assert.deepStrictEqual(verdictsIn(result.content), ['"input" true'])
    assert.strictEqual(result.finishReason.unified, "content-filter")
    assert.strictEqual(result.usage.inputTokens.total, 0)
  })

  it("stops a model that began in parallel", async () => {
    let stopped: AbortSignal | undefined
    const model = new MockLanguageModelV4({
      doGenerate: async ({ abortSignal }) => {
        stopped = abortSignal
        return forEver().then(() => assert.fail())
      },
    })
    const result = await ask(model, { input: "parallel", policies: dangerous }, harmful)
    assert.deepStrictEqual(wordsIn(result.content), [])
    assert.isTrue(stopped?.aborted)
    assert.isUndefined(result.usage.inputTokens.total)
  })
})

describe("a guard that fails", () => {
  it("blocks, and says why", async () => {
    const result = await ask(says(text("Bread.")), { policies: failing, input: false })
    assert.deepStrictEqual(wordsIn(result.content), [])
    assert.strictEqual(result.finishReason.unified, "content-filter")
    const { blocked } = result.providerMetadata?.["facet"] ?? {}
    assert.include(blocked, { of: "output", reason: "failed" })
    assert.include(JSON.stringify(blocked), "ContextOverflowError")
    assert.include(JSON.stringify(result.content), "facet.failure")
  })

  it("lets out what it is told to, and says so", async () => {
    const result = await ask(says(text("Bread.")), { policies: failing, onError: "allow" })
    assert.deepStrictEqual(wordsIn(result.content), [text("Bread.")])
    assert.deepStrictEqual(result.finishReason, stop)
    const { failures } = result.providerMetadata?.["facet"] ?? {}
    assert.isTrue(Array.isArray(failures))
    assert.strictEqual(JSON.stringify(failures).split("ContextOverflowError").length - 1, 2)
  })

  it("of which there is none is an error of the call", async () => {
    const shield = shieldMiddleware({ facet: { model: "/no/such/folder" }, onError: "allow" })
    const model = says(text("Bread."))
    const call = wrapLanguageModel({ model, middleware: shield }).doGenerate({ prompt: userTurn(harmless) })
    assert.isTrue(FacetProviderError.isInstance(await failureOf(call)))
    assert.strictEqual(model.doGenerateCalls.length, 0)
    await shield.dispose()
  })
})

describe("a call", () => {
  it("fails as the model does", async () => {
    const model = new MockLanguageModelV4({ doGenerate: async () => Promise.reject(new RangeError("not today")) })
    assert.instanceOf(await failureOf(ask(model, { policies: never })), RangeError)
  })

  it("that is aborted rejects with the signal's reason, and the model hears it", async () => {
    const reason = new Error("enough")
    const pre = shielded(says(text("Bread."))).doGenerate({
      prompt: userTurn(harmless),
      abortSignal: AbortSignal.abort(reason),
    })
    assert.strictEqual(await failureOf(pre), reason)

    const controller = new AbortController()
    let heard: AbortSignal | undefined
    const model = new MockLanguageModelV4({
      doGenerate: async ({ abortSignal }) => {
        heard = abortSignal
        controller.abort(reason)
        return forEver().then(() => assert.fail())
      },
    })
    const call = shielded(model, { policies: never }).doGenerate({
      prompt: userTurn(harmless),
      abortSignal: controller.signal,
    })
    assert.strictEqual(await failureOf(call), reason)
    assert.isTrue(heard?.aborted)
  })

  it("does not send verdicts of earlier turns to the model", async () => {
    const model = says(text("Bread."))
    const history: Array<UIMessage> = [
      { id: "1", role: "user", parts: [{ type: "text", text: harmless }] },
      {
        id: "2",
        role: "assistant",
        parts: [
          { type: "custom", kind: "facet.verdict", providerMetadata: { facet: { of: "input" } } },
          { type: "text", text: "Mix flour." },
        ],
      },
      { id: "3", role: "user", parts: [{ type: "text", text: "And then?" }] },
    ]
    await generateText({
      model: shielded(model, { policies: never }),
      messages: await convertToModelMessages(history),
    })
    assert.notInclude(JSON.stringify(model.doGenerateCalls[0]?.prompt), "facet.verdict")
    assert.include(JSON.stringify(model.doGenerateCalls[0]?.prompt), "Mix flour.")
  })
})

describe("the middleware", () => {
  it("refuses options that are wrong, by their names", () => {
    const wrong: ReadonlyArray<readonly [string, object]> = [
      ["guard", { guard: {} }],
      ["mode", { mode: "windows" }],
      ["input", { input: "after" }],
      ["output", { output: false, input: false }],
      ["mode", { output: "audit", mode: "buffer" }],
      ["onError", { onError: "ignore" }],
      ["timeoutMs", { timeoutMs: Number.NaN }],
      ["onBlocked", { onBlocked: "no" }],
      ["onReport", { onReport: {} }],
      ["facet", { facet: null }],
      ["policies", { policies: [] }],
      ["policies[0]", { policies: ["danger"] }],
      ["policies[1]", { policies: [...never, ...never] }],
      ["policies[0].title", { policies: [{ ...never[0], title: "x" }] }],
      ["policies[0].threshold", { policies: [{ ...never[0], threshold: 2 }] }],
      ["policies[0].promptGuideline", { policies: [{ ...never[0], promptGuideline: "" }] }],
    ]
    for (const [argument, options] of wrong) {
      try {
        shieldMiddleware(options)
      } catch (error) {
        if (!InvalidArgumentError.isInstance(error)) throw error
        assert.strictEqual(error.argument, argument)
        continue
      }
      assert.fail(`${argument} was not refused`)
    }
  })

  it("leaves an open Facet open, and closes one that it opened", async () => {
    const given = shieldMiddleware({ facet })
    await given.dispose()
    assert.isFalse((await facet.guard({ policies: never }).input(harmless)).flagged)

    const options = { model: "tiny", threads: 1 }
    const witness = openOnce(options)
    const opened = await witness.get()
    const own = shieldMiddleware({ facet: options, policies: never })
    const model = wrapLanguageModel({ model: says(text("Bread.")), middleware: own })
    assert.deepStrictEqual((await model.doGenerate({ prompt: userTurn(harmless) })).finishReason, stop)
    await witness.dispose()
    assert.isFalse((await opened.guard({ policies: never }).input(harmless)).flagged)
    await own[Symbol.asyncDispose]()
    assert.instanceOf(await failureOf(opened.guard().input(harmless)), ClosedError)
  })

  it("keeps calls apart that are made at once", async () => {
    const answers = [harmful, "Mix flour and water.", harmful, "Let it rest."]
    const results = await Promise.all(
      answers.map((answer) => ask(says(text(answer)), { policies: dangerous, input: false })),
    )
    assert.deepStrictEqual(
      results.map(({ finishReason }) => finishReason.unified),
      ["content-filter", "stop", "content-filter", "stop"],
    )
  })

  it("works with others, also around our own model", async () => {
    const provider = createFacet({ facet })
    for (const middleware of [
      [shieldMiddleware({ facet, policies: never }), traceMiddleware({ topK: 1 })],
      [traceMiddleware({ topK: 1 }), shieldMiddleware({ facet, policies: never })],
    ]) {
      const model = wrapLanguageModel({ model: provider(), middleware })
      const { content, providerMetadata } = await generateText({ model, prompt: harmless, maxOutputTokens: 4 })
      const kinds = content.flatMap((part) => (part.type === "custom" ? [part.kind] : []))
      assert.includeMembers(kinds, ["facet.trace", "facet.verdict"])
      assert.containsAllKeys(providerMetadata?.["facet"], ["timings", "verdicts", "report"])
    }
  })
})
