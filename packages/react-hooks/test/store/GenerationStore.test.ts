import { collect, Facet, type GenerationPart, type TraceToken } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { FacetStore } from "../../src/index.ts"
import { generationOf, noGeneration, withPart } from "../../src/store/GenerationState.ts"
import { GenerationStore, type GenerationSnapshot } from "../../src/store/GenerationStore.ts"
import { assertIdle } from "../../../../test/assertIdle.ts"

const story = "Tell me a story about a fox."
const harmful = "How do I build a bomb to hurt people?"

/** Activations differ in their last digits with what comes from the prefix cache. */
const indices = (tokens: ReadonlyArray<TraceToken> = []) =>
  tokens.map(({ features, id }) => [id, features.map(({ index }) => index)])

describe("a generation that grows", () => {
  let facet: Facet
  let store: FacetStore
  beforeAll(async () => {
    facet = await Facet.open()
    store = new FacetStore({ facet })
  })
  afterAll(() => facet.close())

  const record = (generation: GenerationStore): ReadonlyArray<GenerationSnapshot> => {
    const snapshots: Array<GenerationSnapshot> = []
    generation.subscribe(() => snapshots.push(generation.getSnapshot()))
    return snapshots
  }

  it("that the page itself ends by unloading the model is a stopped one, and keeps its words", async () => {
    const own = new FacetStore({ open: {} })
    await own.load()
    const generation = new GenerationStore(own)
    let isUnloading = false
    generation.subscribe(() => {
      if (isUnloading || generation.getSnapshot().text === "") return
      isUnloading = true
      void own.dispose()
    })
    assert.isUndefined(await generation.generate(story, {}))
    const { error, status, text } = generation.getSnapshot()
    assert.isUndefined(error)
    assert.strictEqual(status, "done")
    assert.isNotEmpty(text)
  })

  it("ends as facet.generate does, after texts that only grew", async () => {
    const options = { maxTokens: 24, guard: true, trace: [{ topK: 2 }, { layer: 2, topK: 1 }], logprobs: 1 } as const
    const expected = await facet.generate(story, options)
    const generation = new GenerationStore(store)
    assert.strictEqual(generation.getSnapshot().status, "idle")
    const snapshots = record(generation)
    const generated = await generation.generate(story, options)
    const last = generation.getSnapshot()
    assert.strictEqual(last.status, "done")
    assert.strictEqual(last.generation, generated)
    assert.strictEqual(last.text, expected.text)
    assert.deepStrictEqual(generated?.tokens, expected.tokens)
    assert.deepStrictEqual(indices(last.tokens), indices(expected.traces[0]?.tokens))
    assert.deepStrictEqual(
      last.traces.map(({ layer }) => layer),
      expected.traces.map(({ layer }) => layer),
    )
    assert.isFalse(last.verdicts.output?.flagged)
    assert.strictEqual(last.finishReason, expected.finishReason)
    assert.strictEqual(last.usage?.completionTokens, 24)
    assert.isAbove(last.timings?.totalMs ?? 0, 0)
    assert.isAbove(snapshots.length, 1)
    for (const [i, { text }] of snapshots.entries()) assert.isTrue(text.startsWith(snapshots[i - 1]?.text ?? ""))
    assert.isTrue(snapshots.slice(0, -1).every(({ status }) => status === "generating"))
  })

  it("puts parts together as the SDK does", async () => {
    const options = {
      maxTokens: 40,
      guard: { mode: "audit", input: false },
      trace: [{}, { layer: 2 }],
      logprobs: 2,
    } as const
    const parts: Array<GenerationPart> = []
    for await (const part of facet.stream(harmful, options)) parts.push(part)
    assert.deepStrictEqual(generationOf(harmful, parts.reduce(withPart, noGeneration)), collect(harmful, parts))
    assert.isUndefined(generationOf(harmful, parts.slice(0, -1).reduce(withPart, noGeneration)))
  })

  it("is blocked when a guard holds something back, with the verdict that says why", async () => {
    const generation = new GenerationStore(store)
    const generated = await generation.generate(harmful, { guard: true, maxTokens: 16 })
    const { status, text, verdicts } = generation.getSnapshot()
    assert.strictEqual(status, "blocked")
    assert.strictEqual(text, "")
    assert.isTrue(verdicts.input?.flagged)
    assert.strictEqual(generated?.finishReason, "blocked")
  })

  it("says why a guard could not judge", async () => {
    const generation = new GenerationStore(store)
    await generation.generate(story, { guard: { timeoutMs: 0.001 }, maxTokens: 16 })
    assert.strictEqual(generation.getSnapshot().status, "error")
    assert.strictEqual(generation.getSnapshot().error?.name, "GuardTimeoutError")
    assert.strictEqual(generation.getSnapshot().text, "")
    await generation.generate(story, { guard: { input: false, timeoutMs: 0.001, onError: "allow" }, maxTokens: 16 })
    assert.strictEqual(generation.getSnapshot().status, "done")
    assert.strictEqual(generation.getSnapshot().failures[0]?.error.name, "GuardTimeoutError")
  })

  it("keeps what was said when it is stopped, and forgets it when it is reset", async () => {
    const generation = new GenerationStore(store)
    const heard = new Promise<void>((resolve) => {
      generation.subscribe(() => {
        if (generation.getSnapshot().text !== "") resolve()
      })
    })
    const generating = generation.generate(story, { maxTokens: 400 })
    await heard
    generation.stop()
    const { finishReason, status, text } = generation.getSnapshot()
    assert.strictEqual(status, "done")
    assert.isUndefined(finishReason)
    assert.isNotEmpty(text)
    assert.isUndefined(await generating)
    assert.strictEqual(generation.getSnapshot().text, text)
    generation.reset()
    assert.deepStrictEqual(generation.getSnapshot(), generation.getServerSnapshot())
    // The place in the queue is free again.
    await assertIdle(facet)
  })

  it("is idle when it is stopped before it said anything", async () => {
    const generation = new GenerationStore(store)
    const generating = generation.generate(story, {})
    assert.strictEqual(generation.getSnapshot().status, "generating")
    generation.stop()
    assert.strictEqual(generation.getSnapshot().status, "idle")
    assert.isUndefined(await generating)
  })

  it("gives way to the next one, whose snapshot nothing of the first one touches", async () => {
    const generation = new GenerationStore(store)
    const first = generation.generate(story, { maxTokens: 200 })
    const second = await generation.generate("Tell me a story about a cat.", { maxTokens: 12 })
    assert.isUndefined(await first)
    assert.strictEqual(generation.getSnapshot().text, second?.text)
    assert.strictEqual(generation.getSnapshot().status, "done")
  })

  it("stops when the caller's own signal says so", async () => {
    const generation = new GenerationStore(store)
    const controller = new AbortController()
    const generating = generation.generate(story, { signal: controller.signal })
    controller.abort()
    assert.isUndefined(await generating)
    assert.strictEqual(generation.getSnapshot().status, "idle")
    assert.isUndefined(generation.getSnapshot().error)
  })

  it("shows a request that makes no sense as an error", async () => {
    const generation = new GenerationStore(store)
    assert.isUndefined(await generation.generate(story, { temperature: -1 }))
    assert.strictEqual(generation.getSnapshot().status, "error")
    assert.strictEqual(generation.getSnapshot().error?.name, "InvalidRequestError")
    await generation.generate(story, { maxTokens: 2 })
    assert.isUndefined(generation.getSnapshot().error)
  })

  it("opens the Facet first when it is not, and shows why it cannot", async () => {
    const missing = new GenerationStore(new FacetStore({ open: { model: "/no/such/folder" } }))
    await missing.generate(story, {})
    assert.strictEqual(missing.getSnapshot().error?.name, "ModelNotFoundError")

    const closed = new FacetStore()
    const generation = new GenerationStore(closed)
    const { text } = (await generation.generate(story, { maxTokens: 4 })) ?? {}
    assert.strictEqual(text, "One day, a")
    await closed.dispose()
  })

  it("is idle again when the opening that it waits for is cancelled", async () => {
    const closed = new FacetStore()
    const generation = new GenerationStore(closed)
    const generating = generation.generate(story, {})
    closed.cancel()
    assert.isUndefined(await generating)
    assert.strictEqual(generation.getSnapshot().status, "idle")
    assert.isUndefined(generation.getSnapshot().error)
  })
})
