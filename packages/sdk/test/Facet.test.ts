/** Opening, closing, crashing, leaving. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { BroadcastChannel, Worker } from "node:worker_threads"
import { gemmaFolder } from "@facet/tiny"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  ClosedError,
  EngineCrashedError,
  Facet,
  InvalidRequestError,
  OverloadedError,
  type Progress,
} from "../src/index.ts"
import { Engine } from "../src/words/Engine.ts"
import type { EngineSettings } from "../src/words/EngineSettings.ts"
import { layerEngine } from "../src/worker/client.node.ts"
import { failureOf } from "./fixtures/failure.ts"
import { turnsDuring } from "./fixtures/turns.ts"

/** Never ends by itself: what would end it is forbidden. */
const endless = { template: "none", logitBias: { 1: -100, 107: -100 } } as const
const long = "word ".repeat(200)

/** Runs a module in a process of its own. */
const run = (
  code: string,
  flags: ReadonlyArray<string> = [],
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> =>
  new Promise((resolve) => {
    const sdk = fileURLToPath(new URL("../src/index.ts", import.meta.url))
    const source = `import { Facet } from ${JSON.stringify(sdk)}\n${code}`
    const child = execFile(
      process.execPath,
      [...flags, "--input-type=module", "--eval", source],
      { timeout: 30_000 },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
  })

describe("Facet", () => {
  it("says how far opening has come", async () => {
    const seen: Array<Progress> = []
    await using _facet = await Facet.open({ onProgress: (progress) => seen.push(progress) })
    assert.deepStrictEqual([...new Set(seen.map(({ phase }) => phase))], ["files", "session", "ready"])
    assert.strictEqual(seen.at(-1)?.loadedBytes, seen.at(-1)?.totalBytes)
    assert.isTrue(seen.every(({ model }) => model === gemmaFolder))
  })

  it("can be open twice in one process", async () => {
    await using one = await Facet.open()
    await using two = await Facet.open()
    const [a, b] = await Promise.all([one.generate("Hello!"), two.generate("Hello!")])
    assert.strictEqual(a.text, b.text)
    await one.close()
    assert.strictEqual((await two.generate("Hello!")).text, b.text)
  })

  it("ends what is under way when it is closed, and refuses what comes after", async () => {
    const facet = await Facet.open()
    const running = failureOf(facet.generate(long, endless))
    const streaming = failureOf(
      (async () => {
        for await (const _ of facet.stream(long, endless));
      })(),
    )
    await vi.waitUntil(async () => (await facet.stats()).requests === 2)
    void facet.close()
    assert.instanceOf(await running, ClosedError)
    assert.instanceOf(await streaming, ClosedError)
    const calls = [facet.generate("x"), facet.shield("x"), facet.inspect("x"), facet.score("x"), facet.stats()]
    for (const failure of await Promise.all(calls.map(failureOf))) assert.instanceOf(failure, ClosedError)
    await facet.close()
  })

  it("refuses options that make no sense before it opens anything", async () => {
    const bad = [
      { queue: 0 },
      { active: 1.5 },
      { threads: -1 },
      { cacheBytes: NaN },
      { scopeBytes: -1 },
      { judging: { characters: 0 } },
      { judging: { timeoutMs: 2 ** 31 } },
      { model: "" },
      // Of a program that knows no types.
      { tracer: {} as never },
      { storage: "none" },
      { sha256: { model: {} } },
    ] as const
    for (const options of bad) assert.instanceOf(await failureOf(Facet.open(options)), InvalidRequestError)
  })

  it("completes each of 200 requests at once or says that it is overloaded, and keeps no memory of them", async () => {
    await using facet = await Facet.open({ queue: 64, cacheBytes: 0 })
    const asked = Array.from({ length: 200 }, (_, i) => facet.generate(`Request ${i}`, { maxTokens: 4 }))
    const settled = await Promise.allSettled(asked)
    const refused = settled.filter((result) => result.status === "rejected")
    // Requests arrive one by one: a few are done before the last one comes.
    assert.isAtLeast(settled.length - refused.length, 64)
    assert.isAtLeast(refused.length, 64)
    for (const { reason } of refused) assert.instanceOf(reason, OverloadedError)
    const { waits, ...stats } = await facet.stats()
    assert.deepStrictEqual(stats, { requests: 0, waiting: 0, cachedSequences: 0, cachedBytes: 0 })
    // Of those that were not refused, each had a place, at once or later.
    assert.strictEqual(waits.count, settled.length - refused.length)
    assert.isAtLeast(waits.count, waits.counts.at(-1) ?? Infinity)
    assert.strictEqual((await facet.generate("And now?", { maxTokens: 4 })).usage.completionTokens, 4)
  })

  it.each(["client", "cacheSalt"] as const)(
    "leaves a place to others, whoever asks most, told apart by `%s`",
    async (name) => {
      await using facet = await Facet.open({ active: 2 })
      const leaving = new AbortController()
      const asked = Array.from({ length: 6 }, () =>
        facet.generate(long, { ...endless, [name]: "one", signal: leaving.signal }).catch(() => {}),
      )
      const { text } = await facet.generate("Hello!", { maxTokens: 2, [name]: "another" })
      assert.isString(text)
      assert.strictEqual((await facet.stats()).requests, 6)
      leaving.abort()
      await Promise.all(asked)
    },
  )

  it("leaves the app's event loop alone during prefill and decode", async () => {
    await using facet = await Facet.open()
    await facet.generate("Hello!")
    const steps = 8
    assert.isAbove(await turnsDuring(() => facet.score("word ".repeat(900))), 100 * steps)
    const tokens = 100
    assert.isAbove(await turnsDuring(() => facet.generate(long, { ...endless, maxTokens: tokens })), 10 * tokens)
  })
})

describe("a process", () => {
  it("ends by itself when nothing is under way, without close()", async () => {
    const { code, stderr } = await run(
      `const facet = await Facet.open(); await facet.generate("Hello!", { maxTokens: 2 })`,
    )
    assert.strictEqual(stderr, "")
    assert.strictEqual(code, 0)
  })

  it("may have flags of its own", async () => {
    const code = `const facet = await Facet.open(); await facet.generate("Hello!", { maxTokens: 2 })`
    assert.strictEqual((await run(code, ["--max-old-space-size=900", "--expose-gc"])).code, 0)
  })

  it("waits for what is under way", async () => {
    const { stdout } = await run(
      `const facet = await Facet.open(); facet.generate("Hello!", { maxTokens: 2 }).then(() => console.log("done"))`,
    )
    assert.strictEqual(stdout, "done\n")
  })

  it("may exit in the middle of a run without a native abort", async () => {
    const { code, stderr } = await run(
      `const facet = await Facet.open()
       facet.score("word ".repeat(1000)).catch(() => {})
       facet.generate(${JSON.stringify(long)}, ${JSON.stringify(endless)}).catch(() => {})
       setTimeout(() => process.exit(7), 60)`,
    )
    assert.strictEqual(stderr, "")
    assert.strictEqual(code, 7)
  })
})

const settings: EngineSettings = {
  queue: 64,
  active: 8,
  cacheBytes: 0,
  scopeBytes: 0,
  lanes: 1,
  reuse: "exact",
  prefill: "weights",
  shareWeights: false,
  speculate: true,
  judging: { characters: 1000, policies: 8, timeoutMs: 10_000 },
  threads: 1,
  device: "auto",
  precision: "auto",
  storage: "persistent",
  packing: "auto",
}

describe("a crash of the engine's thread", () => {
  it("fails every call that waits, and the next one works", async () => {
    const threads: Array<Worker> = []
    const channel = new BroadcastChannel("crash")
    const entry = new URL("./fixtures/crashing.ts", import.meta.url)
    const layer = layerEngine(settings, (data) => {
      const thread = new Worker(entry, { workerData: data })
      threads.push(thread)
      return thread
    })
    const model = { source: gemmaFolder, use: "text" } as const
    const program = Effect.gen(function* () {
      const engine = yield* Engine
      yield* Stream.runDrain(engine.load(model))
      const request = { model, prompt: long, ...endless, traces: [] }
      const calls = Array.from({ length: 3 }, () => Effect.flip(Stream.runDrain(engine.generate(request))))
      const kill = Effect.andThen(
        Effect.sleep("50 millis"),
        Effect.sync(() => channel.postMessage("now")),
      )
      const [errors] = yield* Effect.all([Effect.all(calls, { concurrency: "unbounded" }), kill], { concurrency: 2 })
      const after = yield* engine.score({ model, text: "Hello" })
      return { errors, after }
    })
    const { after, errors } = await Effect.runPromise(Effect.provide(program, layer))
    assert.strictEqual(errors.length, 3)
    for (const error of errors) {
      assert.instanceOf(error, EngineCrashedError)
      assert.include(error.message, "out of memory")
    }
    assert.isAtLeast(after.tokens.length, 2)
    assert.strictEqual(threads.length, 2)
    channel.close()
  })

  it("leaves no thread behind that can no longer be heard", async () => {
    const threads: Array<Worker> = []
    const layer = layerEngine(settings, (data) => {
      const thread = new Worker(new URL("../src/worker/entry.node.ts", import.meta.url), { workerData: data })
      threads.push(thread)
      return thread
    })
    const model = { source: gemmaFolder, use: "text" } as const
    const program = Effect.gen(function* () {
      const engine = yield* Engine
      const [first] = yield* Effect.all(
        [
          Effect.flip(engine.score({ model, text: "Hello" })),
          Effect.sync(() => threads[0]?.emit("messageerror", new Error("unreadable"))),
        ],
        { concurrency: 2 },
      )
      const gone = Effect.promise(() => new Promise((resolve) => threads[0]?.once("exit", resolve)))
      yield* Effect.timeout(gone, "10 seconds")
      return first
    })
    assert.instanceOf(await Effect.runPromise(Effect.provide(program, layer)), EngineCrashedError)
  })
})
