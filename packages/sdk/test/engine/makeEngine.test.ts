/** The engine on this thread, over folders and devices that are not as they should be. */
import { gemmaFolder } from "@facet/tiny"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { names } from "../../src/graph/Decoder.ts"
import { knownLogitsFile } from "../../src/files/ModelFileNames.ts"
import { UnsupportedDeviceError } from "../../src/index.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import type { Runtime } from "../../src/runtime/Runtime.ts"
import { makeEngineHere } from "../fixtures/engine.ts"

const model = { source: gemmaFolder, use: "text" } as const

/** The CPU, as one of the devices that are not trusted. */
const doubted = {
  name: "cpu",
  start: async () =>
    Object.defineProperty(makeNodeRuntime({ interlock: new Interlock() }), "needsSelfCheck", { value: true }),
} as const

describe("the engine", () => {
  it.live("tells what it holds while a model is on its way", () =>
    Effect.gen(function* () {
      const { promise, reject } = Promise.withResolvers<never>()
      const engine = yield* makeEngineHere({ openFolder: () => promise })
      yield* Effect.forkScoped(Stream.runDrain(engine.load(model)), { startImmediately: true })
      const stats = yield* Effect.timeout(engine.stats, "1 second").pipe(
        Effect.ensuring(Effect.sync(() => reject(new Error("gone")))),
      )
      assert.include(stats, { requests: 0, waiting: 0, cachedSequences: 0, cachedBytes: 0 })
      assert.include(stats.waits, { count: 0, seconds: 0 })
    }).pipe(Effect.scoped),
  )

  it.live("loads no weights in 16-bit floats that nobody could check", () =>
    Effect.gen(function* () {
      let placed = 0
      const runtime: Partial<Runtime> = {
        name: "webgpu",
        needsSelfCheck: true,
        precision: () => "f16",
        placeModel: async () => {
          placed++
          throw new Error("no room")
        },
        release: async () => {},
      }
      const engine = yield* makeEngineHere({
        devices: [{ name: "webgpu", start: async () => runtime as Runtime }],
        openFolder: async (path) => ({ ...(await openFolder(path)), exists: async () => false }),
      })
      const error = yield* Effect.flip(Stream.runDrain(engine.load(model)))
      assert.instanceOf(error, UnsupportedDeviceError)
      assert.include(error.message, "known_logits.json")
      assert.strictEqual(placed, 0)
    }).pipe(Effect.scoped),
  )

  it.live("takes a device that computes the logits that the folder says it should", () =>
    Effect.gen(function* () {
      const engine = yield* makeEngineHere({ devices: [doubted] })
      yield* Stream.runDrain(engine.load(model))
      assert.strictEqual((yield* engine.describe(model)).device.name, "cpu")
    }).pipe(Effect.scoped),
  )

  it.live("refuses one that computes others", () =>
    Effect.gen(function* () {
      const engine = yield* makeEngineHere({
        devices: [doubted],
        openFolder: async (path) => {
          const files = await openFolder(path)
          const { logits, tokens } = JSON.parse(await files.readText(knownLogitsFile))
          const [first = ""] = Object.keys(logits)
          const wrong = JSON.stringify({ tokens, logits: { ...logits, [first]: 3 } })
          return { ...files, readText: async (name) => (name === knownLogitsFile ? wrong : files.readText(name)) }
        },
      })
      const error = yield* Effect.flip(Stream.runDrain(engine.load(model)))
      assert.instanceOf(error, UnsupportedDeviceError)
      assert.include(error.message, "computes wrongly")
    }).pipe(Effect.scoped),
  )

  describe("where the folder knows no logits", () => {
    const openUnknown = async (path: string) => {
      const files = await openFolder(path)
      return { ...files, exists: async (name: string) => name !== knownLogitsFile && files.exists(name) }
    }
    const right = () => makeNodeRuntime({ interlock: new Interlock(), threads: 1 })

    /** One logit of the first candidate is off by a hundredth of what logits are. */
    const other = (): Runtime => {
      const runtime = right()
      const place = runtime.placeModel.bind(runtime)
      runtime.placeModel = async (files, weights) => {
        const placed = await place(files, weights)
        const open: typeof placed.open = async (graph) => {
          const session = await placed.open(graph)
          return {
            ...session,
            run: async (feeds, fetches) => {
              const outputs = await session.run(feeds, fetches)
              const logits = outputs[names.candidateLogits]?.data
              if (logits instanceof Float32Array) logits[0] = (logits[0] ?? 0) + 0.1
              return outputs
            },
          }
        }
        return { ...placed, open }
      }
      return runtime
    }

    it.live("takes a device whose first layers compute what the reference's do", () =>
      Effect.gen(function* () {
        const engine = yield* makeEngineHere({ devices: [doubted], openFolder: openUnknown, reference: right })
        yield* Stream.runDrain(engine.load(model))
        assert.strictEqual((yield* engine.describe(model)).device.name, "cpu")
      }).pipe(Effect.scoped),
    )

    it.live("refuses one whose do not", () =>
      Effect.gen(function* () {
        const engine = yield* makeEngineHere({ devices: [doubted], openFolder: openUnknown, reference: other })
        const error = yield* Effect.flip(Stream.runDrain(engine.load(model)))
        assert.instanceOf(error, UnsupportedDeviceError)
        assert.include(error.message, "computes wrongly")
      }).pipe(Effect.scoped),
    )
  })
})
