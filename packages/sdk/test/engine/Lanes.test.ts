/** Texts that are written at once share their runs, and none is another for it. */
import { join } from "node:path"
import { gemmaFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { convertModel } from "@facet/checkpoint"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { names } from "../../src/graph/Decoder.ts"
import type { Graph } from "../../src/graph/Onnx.ts"
import { Facet, type GenerateOptions } from "../../src/index.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import type { Runtime, Session } from "../../src/runtime/Runtime.ts"
import { makeEngineHere } from "../fixtures/engine.ts"
import { temporaryFolder } from "../fixtures/folders.ts"

const prompts = [
  "Tell me a story about a fox.",
  "What does the bear eat?",
  "Tell me about a dog and a cat who went home together in the rain, and what they saw on their way.",
  "one two three four one two three four one two three",
  "Why is the sky blue?",
  "The cat went",
  "A",
]
const wanted: ReadonlyArray<readonly [string, GenerateOptions]> = [
  ["greedy", { maxTokens: 24 }],
  ["raw", { maxTokens: 24, template: "none" }],
  ["sampled", { maxTokens: 24, temperature: 1, seed: 7 }],
  ["with a nucleus and penalties", { maxTokens: 24, temperature: 0.8, topP: 0.9, repetitionPenalty: 1.2, seed: 3 }],
  ["with log-probabilities", { maxTokens: 12, logprobs: 2 }],
  ["with other stops", { maxTokens: 24, stop: ["the", "."] }],
]

describe.each(["f32", "q4"] as const)("texts that are written at once with weights of %s", (dtype) => {
  let facet: Facet
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  beforeAll(async () => {
    folder = await temporaryFolder()
    const model = join(folder.path, "model")
    await convertModel(gemmaFolder, model, { dtype })
    facet = await Facet.open({ model, lanes: 4, active: 8 })
  })
  afterAll(async () => {
    await facet.close()
    await folder[Symbol.asyncDispose]()
  })

  it.each(wanted)("are what each of them is alone, to the last bit: %s", async (_name, options) => {
    const alone = []
    for (const prompt of prompts) alone.push(await facet.generate(prompt, options))
    const together = await Promise.all(prompts.map((prompt) => facet.generate(prompt, options)))
    for (const [i, { finishReason, logprobs, text }] of together.entries()) {
      assert.strictEqual(text, alone[i]?.text)
      assert.strictEqual(finishReason, alone[i]?.finishReason)
      assert.deepStrictEqual(logprobs, alone[i]?.logprobs)
    }
  })

  it("go on when one of them is ended in the middle", async () => {
    const options = { maxTokens: 40, temperature: 1, seed: 5 } as const
    const alone = []
    for (const prompt of prompts) alone.push((await facet.generate(prompt, options)).text)
    for (let leaves = 0; leaves < 3; leaves++) {
      const together = prompts.map(async (prompt, i) => {
        let text = ""
        for await (const part of facet.stream(prompt, options)) {
          if (part.type === "text") text += part.text
          if (i % 3 === leaves && text.length > 10 + 7 * i) return undefined
        }
        return text
      })
      for (const [i, text] of (await Promise.all(together)).entries()) {
        if (text !== undefined) assert.strictEqual(text, alone[i])
      }
    }
    // What the ones that left gave back to the cache serves the next.
    for (const [i, prompt] of prompts.entries()) {
      assert.strictEqual((await facet.generate(prompt, options)).text, alone[i])
    }
  })
})

describe("a traced text", () => {
  it("has the features that it has alone", async () => {
    await using facet = await Facet.open({ lanes: 4 })
    const options = { maxTokens: 12, trace: { layer: 4, topK: 3 } } as const
    const alone = []
    for (const prompt of prompts) alone.push((await facet.generate(prompt, options)).traces)
    const together = await Promise.all(
      prompts.map((prompt, i) => facet.generate(prompt, i % 2 === 0 ? options : { maxTokens: 12 })),
    )
    const features = (traces: (typeof together)[number]["traces"] = []) =>
      traces.flatMap(({ tokens }) => tokens.map(({ features: [strongest], token }) => ({ token, strongest })))
    for (const [i, { traces }] of together.entries()) {
      if (i % 2 !== 0) continue
      const expected = features(alone[i])
      for (const [at, { strongest, token }] of features(traces).entries()) {
        assert.strictEqual(token, expected[at]?.token)
        assert.strictEqual(strongest?.index, expected[at]?.strongest?.index)
        // How many tokens are encoded together is nobody's promise.
        assert.closeTo(strongest?.activation ?? 0, expected[at]?.strongest?.activation ?? 0, 1e-3)
      }
    }
  })
})

describe("runs", () => {
  /** How many runs the decoder needs for four texts of 16 tokens. */
  const runsWith = (lanes: number): Promise<number> => {
    let runs = 0
    const counting = (runtime: Runtime): Runtime => ({
      ...runtime,
      placeModel: async (files, weights) => {
        const placed = await runtime.placeModel(files, weights)
        const open = async (graph: Graph): Promise<Session> => {
          const session = await placed.open(graph)
          const run: Session["run"] = (feeds, fetches) => {
            if (fetches.includes(names.logits)) runs++
            return session.run(feeds, fetches)
          }
          return { run, release: () => session.release() }
        }
        return { ...placed, open }
      },
      makeKvStore: (shape, capacity) => runtime.makeKvStore(shape, capacity),
      placeFile: (files, name) => runtime.placeFile(files, name),
      release: () => runtime.release(),
    })
    const start = async () => counting(makeNodeRuntime({ interlock: new Interlock(), threads: 1 }))
    const generating = Effect.gen(function* () {
      const engine = yield* makeEngineHere({ lanes, speculate: false, devices: [{ name: "cpu", start }] })
      const generate = (prompt: string) =>
        Stream.runDrain(
          engine.generate({
            model: { source: gemmaFolder, use: "text" },
            prompt,
            template: "none",
            maxTokens: 16,
            logitBias: { 1: -100, 107: -100 },
            traces: [],
            interventions: [],
          }),
        )
      yield* Effect.forEach(prompts.slice(0, 4), generate, { concurrency: "unbounded" })
    })
    return Effect.runPromise(Effect.scoped(generating)).then(() => runs)
  }

  it("serve as many texts as there are lanes", async () => {
    // The last run of a prompt gives the first token.
    assert.strictEqual(await runsWith(1), 4 * 16)
    const together = await runsWith(4)
    assert.isAtLeast(together, 4 + 15)
    assert.isAtMost(together, 4 + 24)
  })
})
