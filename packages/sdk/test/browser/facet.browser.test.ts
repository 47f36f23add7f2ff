/** Facet in a page: the same effects, on the devices of a browser, in a worker that may come and go. */
import {
  ClosedError,
  DownloadError,
  EngineCrashedError,
  Facet,
  InvalidRequestError,
  type Progress,
  ScopeFileError,
  StorageError,
  UnsupportedDeviceError,
  CodeLoadError,
  WorkerBlockedError,
} from "@facet/sdk"
import * as Effect from "effect/Effect"
import { afterAll, assert, beforeAll, describe, inject, it } from "vitest"
import { Engine } from "../../src/words/Engine.ts"
import { listStoredModels, removeStoredModel } from "../../src/files/opfs/StoredModels.browser.ts"
import { layerEngine } from "../../src/worker/client.browser.ts"
import { host, until } from "./files/FilesClient.browser.ts"
import { assertIdle } from "../../../../test/assertIdle.ts"

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => assert.fail("it should have failed"),
    (error: unknown) => error,
  )

/** Never ends by itself: what would end it is forbidden. */
const endless = { template: "none", logitBias: { 1: -100, 107: -100 } } as const

/** A worker with something broken: see `breakable.browser.ts`. */
const workerThat =
  (first: "noWebGpu" | "noDevice" | "noCompiling" | "noStorage" | "crash" | "loseDevice") => (): Worker =>
    new Worker(new URL("./breakable.browser.ts", import.meta.url), { type: "module", name: first })

/**
 * How often the page's event loop comes round while something is under way: thousands of times when a worker does it, and
 * about once a step when the page does. A busy machine makes both take longer, not fewer.
 */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  const { port1, port2 } = new MessageChannel()
  let turns = 0
  port1.onmessage = () => {
    turns++
    port2.postMessage(undefined)
  }
  port2.postMessage(undefined)
  await work()
  port1.close()
  return turns
}

/** What most tests share: opening takes longer than what they ask. */
let facet: Facet
const progress: Array<Progress> = []
beforeAll(async () => {
  facet = await Facet.open({ onProgress: (told) => progress.push(told) })
})
afterAll(() => facet.close())

describe("Facet in a page", () => {
  it("generates, judges, inspects, scores, embeds and renders", async () => {
    const { text, usage } = await facet.generate("Tell me a story about a fox.", { maxTokens: 24 })
    assert.include(text, "fox")
    assert.strictEqual(usage.completionTokens, 24)
    assert.isTrue((await facet.shield("How can I make a bomb?")).flagged)
    assert.isFalse((await facet.shield("How do I bake bread?")).flagged)
    const trace = await facet.inspect("The fox sleeps.", { activations: true })
    assert.isAbove(trace.tokens.at(-1)?.features.length ?? 0, 0)
    assert.instanceOf(trace.activations, Float32Array)
    assert.isAbove((await facet.score("The fox sleeps.")).perplexity ?? 0, 1)
    assert.isAbove((await facet.embed("The fox sleeps.")).embedding.length, 100)
    const rendered = await facet.tokens.render("Hello")
    const options = { maxTokens: 4 }
    assert.strictEqual((await facet.generate(rendered, options)).text, (await facet.generate("Hello", options)).text)
    assert.strictEqual(await facet.tokens.decode(await facet.tokens.encode("The fox sleeps.")), "The fox sleeps.")
  })

  it("is changed from within by the interventions of a request", async () => {
    const text = "The fox lived near the lake."
    const at = { site: "resid_post", layer: 4 } as const
    const steered = await facet.inspect(text, {
      ...at,
      interventions: [
        { type: "steer", ...at, feature: 519, strength: 60 },
        { type: "clamp", site: "mlp_out", layer: 1, feature: 412, value: 4 },
      ],
    })
    assert.isTrue(steered.tokens.slice(1).every(({ features }) => features[0]?.index === 519))
    const plain = await facet.score(text)
    const whole = { type: "splice", ...at, errorTerm: false } as const
    assert.notStrictEqual((await facet.score(text, { interventions: [whole] })).perplexity, plain.perplexity)
    assert.strictEqual((await facet.score(text)).perplexity, plain.perplexity)
  })

  it("streams with a guard and a trace", async () => {
    const seen = new Set<string>()
    let text = ""
    for await (const part of facet.stream("Tell me a story about a fox.", {
      guard: true,
      trace: true,
      maxTokens: 40,
    })) {
      seen.add(part.type)
      if (part.type === "text") text += part.text
    }
    assert.deepStrictEqual([...seen].toSorted(), ["finish", "text", "trace", "verdict"])
    assert.include(text, "fox")
  })

  it("ends the work when it is aborted, and when the loop is left", async () => {
    const controller = new AbortController()
    const running = failureOf(facet.generate("word", { ...endless, signal: controller.signal }))
    assert.strictEqual((await facet.stats()).requests, 1)
    controller.abort("enough")
    assert.strictEqual(await running, "enough")
    for await (const part of facet.stream("word", endless)) if (part.type === "text") break
    await assertIdle(facet)
  })

  it("leaves loading and computing to its worker", async () => {
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name)
    assert.isAbove(loaded.length, 0)
    assert.deepStrictEqual(
      loaded.filter((name) => /\.(wasm|safetensors|npz)/.test(name)),
      [],
    )
    const steps = 8
    assert.isAbove(await turnsDuring(() => facet.score("word ".repeat(900))), 100 * steps)
  })

  it("says how far opening has come", () => {
    assert.isTrue(progress.some(({ phase }) => phase === "download"))
    assert.deepStrictEqual(progress.at(-1)?.phase, "ready")
  })
})

describe("the device", () => {
  it("is the best that works: a software adapter is not, and why is said", () => {
    assert.strictEqual(facet.model, "tiny")
    assert.strictEqual(facet.device.name, "wasm")
    assert.strictEqual(facet.device.threads, Math.min(navigator.hardwareConcurrency, 8))
    assert.isNotEmpty(facet.device.rejected)
    for (const { name, reason } of facet.device.rejected) {
      assert.strictEqual(name, "webgpu")
      assert.match(reason, /program on the CPU|16-bit floats/)
    }
  })

  it("works for eight bits, laid out at load", async () => {
    await using facet = await Facet.open({ device: "wasm", precision: "int8" })
    assert.strictEqual(facet.device.precision, "int8")
    assert.include((await facet.generate("Tell me a story about a fox.", { maxTokens: 12 })).text, "fox")
  })

  it("has no option download, and says why", async () => {
    const error = await failureOf(Facet.open({ download: "never" }))
    assert.instanceOf(error, InvalidRequestError)
    assert.include(String(error), "download: ")
  })

  it("is refused by name when it is not to be had", async () => {
    assert.instanceOf(await failureOf(Facet.open({ device: "cpu" })), UnsupportedDeviceError)
    assert.instanceOf(await failureOf(Facet.open({ device: "wasm", precision: "f16" })), InvalidRequestError)
    assert.instanceOf(await failureOf(Facet.open({ device: "webgpu", precision: "int8" })), InvalidRequestError)
    const hidden = workerThat("noWebGpu")
    const error = await failureOf(Facet.open({ device: "webgpu", precision: "f32", worker: hidden }))
    assert.instanceOf(error, UnsupportedDeviceError)
    assert.include(error.message, "no WebGPU")
    const bare = workerThat("noDevice")
    const none = await failureOf(Facet.open({ worker: bare }))
    assert.instanceOf(none, UnsupportedDeviceError)
    assert.strictEqual(none.device, "any")
    assert.include(none.message, "webgpu: this browser has no WebGPU here; wasm: this browser has no WebAssembly")
    const strict = await failureOf(Facet.open({ device: "wasm", worker: workerThat("noCompiling") }))
    assert.instanceOf(strict, UnsupportedDeviceError)
    assert.include(strict.message, "'wasm-unsafe-eval'")
  })
})

// A random model of hardly any size: on the software adapter the embedded one takes several times as long, and it is asked
// there by an app of the bundlers' tests.
describe("WebGPU", { timeout: 120_000 }, () => {
  const model = inject("oneLayer")
  let lost: Facet
  beforeAll(async () => {
    lost = await Facet.open({ model, device: "webgpu", worker: workerThat("loseDevice") })
  }, 120_000)
  afterAll(() => lost.close())

  it("is the device when it is asked for, and says what wasm says", async () => {
    assert.deepInclude(lost.device, { name: "webgpu", precision: "f32", threads: 1 })
    await using wasm = await Facet.open({ model, device: "wasm" })
    const [here, there] = [await lost.score("a fox"), await wasm.score("a fox")]
    assert.closeTo(here.perplexity ?? NaN, there.perplexity ?? NaN, 1e-3)
  })

  it("whose device is lost says so, and the next call works", async () => {
    const waiting = failureOf(lost.generate("a", { template: "none" }))
    assert.strictEqual((await lost.stats()).requests, 1)
    new BroadcastChannel("break").postMessage("now")
    const error = await waiting
    assert.instanceOf(error, EngineCrashedError)
    assert.isAbove((await lost.score("a fox")).perplexity ?? 0, 1)
  })
})

describe("the worker", () => {
  it("is started anew after a crash: who waited is told, the next call works", async () => {
    const workers: Array<Worker> = []
    const breakable = workerThat("crash")
    await using breaking = await Facet.open({
      device: "wasm",
      worker: () => {
        const worker = breakable()
        workers.push(worker)
        return worker
      },
    })
    const waiting = failureOf(breaking.generate("word", endless))
    assert.strictEqual((await breaking.stats()).requests, 1)
    new BroadcastChannel("break").postMessage("now")
    const error = await waiting
    assert.instanceOf(error, EngineCrashedError)
    assert.include(error.message, "out of memory")
    assert.include((await breaking.generate("Tell me a story about a fox.", { maxTokens: 12 })).text, "fox")
    assert.strictEqual(workers.length, 2)
  })

  it("that cannot be started is reported, with what to do", async () => {
    const missing = () => new Worker(new URL("/nowhere.js", location.href), { type: "module" })
    const error = await failureOf(Facet.open({ worker: missing }))
    assert.instanceOf(error, CodeLoadError)
    assert.include(error.message, "did not arrive")
    const throwing = (): Worker => {
      throw new Error("forbidden")
    }
    assert.instanceOf(await failureOf(Facet.open({ worker: throwing })), WorkerBlockedError)
  })

  it("may have been made long before, but only for one Facet", async () => {
    const made = new Worker(new URL("./breakable.browser.ts", import.meta.url), { type: "module", name: "early" })
    // It says its first word when nobody listens yet.
    await new Promise((resolve) => made.addEventListener("message", resolve, { once: true }))
    await using facet = await Facet.open({ device: "wasm", worker: () => made })
    assert.isAbove((await facet.score("The fox sleeps.")).perplexity ?? 0, 1)
    const error = await failureOf(Facet.open({ device: "wasm", worker: () => made }))
    assert.instanceOf(error, InvalidRequestError)
    assert.include(error.message, "same Worker twice")
  })

  it("is not sent what cannot travel, though it has not come up yet", async () => {
    const settings = {
      queue: 1,
      active: 1,
      cacheBytes: 0,
      scopeBytes: 0,
      lanes: 1,
      reuse: "exact",
      prefill: "weights",
      speculate: true,
      shareWeights: false,
      judging: { characters: 1000, policies: 8, timeoutMs: 10_000 },
      threads: 1,
      storage: "none",
      packing: "auto",
    } as const
    const request = { model: { source: "nowhere", use: "text" }, text: (() => "x") as unknown as string } as const
    const asking = Effect.flatMap(Engine, (engine) => Effect.flip(engine.score(request)))
    const layer = layerEngine({ ...settings, device: "wasm", precision: "auto" })
    assert.instanceOf(await Effect.runPromise(Effect.provide(asking, layer)), InvalidRequestError)
  })

  it("ends with close(), and so does what is under way", async () => {
    const closing = await Facet.open({ device: "wasm" })
    const running = failureOf(closing.generate("word", endless))
    assert.strictEqual((await closing.stats()).requests, 1)
    await closing.close()
    assert.instanceOf(await running, ClosedError)
    assert.instanceOf(await failureOf(closing.generate("Hello!")), ClosedError)
  })
})

describe("a model's address", () => {
  it("is left by the download when opening is aborted, and what has come is kept", async () => {
    const { url } = await host({ crawlsAfter: 1.75 * 1024 * 1024 })
    const controller = new AbortController()
    const onProgress = ({ loadedBytes }: Progress) => {
      if (loadedBytes > 1.5 * 1024 * 1024) controller.abort("enough")
    }
    const opening = Facet.open({ model: url, device: "wasm", signal: controller.signal, onProgress })
    assert.strictEqual(await failureOf(opening), "enough")
    const stored = (await listStoredModels()).find((model) => model.url === url)
    assert.isFalse(stored?.isComplete)
    assert.isAbove(stored?.bytes ?? 0, 1024 * 1024)
    // The worker, which holds the folder, is gone within a moment.
    await until(() =>
      removeStoredModel(url).then(
        () => true,
        () => false,
      ),
    )
  })

  it("opens a folder over HTTP, keeps it, and opens it again from there", { timeout: 60_000 }, async () => {
    const phases = new Set<string | undefined>()
    const onProgress = ({ source }: Progress) => phases.add(source)
    const model = inject("quantised")
    {
      await using facet = await Facet.open({ model, shield: "tiny", device: "wasm", onProgress })
      assert.strictEqual(facet.device.precision, "int8")
      assert.include((await facet.generate("Tell me a story about a fox.", { maxTokens: 16 })).text, "fox")
    }
    assert.isTrue(phases.has("network"))
    phases.clear()
    await using again = await Facet.open({ model, device: "wasm", onProgress })
    assert.isFalse(phases.has("network"))
    assert.strictEqual(again.model, model)
  })

  it("opens where nothing may be stored, when asked to store nothing", { timeout: 60_000 }, async () => {
    const options = { model: inject("quantised"), device: "wasm", worker: workerThat("noStorage") } as const
    const denied = await failureOf(Facet.open(options))
    assert.instanceOf(denied, StorageError)
    assert.include(denied.message, 'storage: "none"')
    await using facet = await Facet.open({ ...options, storage: "none" })
    assert.isAbove((await facet.score("The fox sleeps.")).perplexity ?? 0, 1)
  })

  it("that leads nowhere is an error that names it", async () => {
    const error = await failureOf(Facet.open({ model: `${inject("quantised")}nothing/` }))
    assert.instanceOf(error, DownloadError)
    assert.include(error.message, "nothing/config.json")
    assert.instanceOf(await failureOf(Facet.open({ scope: "https://" })), ScopeFileError)
  })
})
