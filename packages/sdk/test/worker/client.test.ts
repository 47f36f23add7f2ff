import { Worker } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { EngineCrashedError } from "../../src/index.ts"
import { Engine } from "../../src/words/Engine.ts"
import type { EngineSettings } from "../../src/words/EngineSettings.ts"
import { layerEngine } from "../../src/worker/client.node.ts"

const settings: EngineSettings = {
  queue: 1,
  active: 1,
  cacheBytes: 0,
  scopeBytes: 0,
  lanes: 1,
  reuse: "exact",
  prefill: "weights",
  shareWeights: false,
  speculate: true,
  judging: { characters: 1, policies: 1, timeoutMs: 1 },
  threads: 1,
  device: "auto",
  precision: "auto",
  storage: "persistent",
  packing: "auto",
}

describe("an engine whose thread cannot start", () => {
  it.live("says that a file of the installation is missing, and not to try again", () =>
    Effect.gen(function* () {
      const stats = Effect.flatMap(Engine, (engine) => engine.stats)
      const start = () => new Worker(new URL("file:///nowhere/entry.js"))
      const error = yield* Effect.flip(Effect.provide(stats, layerEngine(settings, start)))
      assert.instanceOf(error, EngineCrashedError)
      assert.include(error.message, "install @facet/sdk again")
      assert.notInclude(error.message, "send the request again")
    }),
  )
})
