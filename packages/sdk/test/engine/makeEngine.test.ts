/** The engine on this thread, over folders and devices that are not as they should be. */
import { gemmaFolder } from "@facet/tiny"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type EngineOptions, makeEngine } from "../../src/engine/makeEngine.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { UnsupportedDeviceError } from "../../src/index.ts"
import type { Runtime } from "../../src/runtime/Runtime.ts"

const model = { source: gemmaFolder, use: "text" } as const

const engineWith = (options: Partial<EngineOptions>) =>
  makeEngine({
    devices: [],
    openFolder,
    openScope: () => Promise.reject(new Error("no scope was asked for")),
    queue: 1,
    active: 1,
    judging: { characters: 1000, policies: 8, timeoutMs: 10_000 },
    cacheBytes: 0,
    ...options,
  })

describe("the engine", () => {
  it.live("tells what it holds while a model is on its way", () =>
    Effect.gen(function* () {
      const { promise, reject } = Promise.withResolvers<never>()
      const engine = yield* engineWith({ openFolder: () => promise })
      yield* Effect.forkScoped(Stream.runDrain(engine.load(model)), { startImmediately: true })
      const stats = yield* Effect.timeout(engine.stats, "1 second").pipe(
        Effect.ensuring(Effect.sync(() => reject(new Error("gone")))),
      )
      assert.deepStrictEqual(stats, { requests: 0, cachedSequences: 0, cachedBytes: 0 })
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
      const engine = yield* engineWith({
        devices: [{ name: "webgpu", start: async () => runtime as Runtime }],
        openFolder: async (path) => ({ ...(await openFolder(path)), exists: async () => false }),
      })
      const error = yield* Effect.flip(Stream.runDrain(engine.load(model)))
      assert.instanceOf(error, UnsupportedDeviceError)
      assert.include(error.message, "known_logits.json")
      assert.strictEqual(placed, 0)
    }).pipe(Effect.scoped),
  )
})
