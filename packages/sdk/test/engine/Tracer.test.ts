import * as Effect from "effect/Effect"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { Scheduler } from "../../src/engine/Scheduler.ts"
import { Tracer } from "../../src/engine/Tracer.ts"

const place = { layer: 2, site: "resid_post" } as const

/** One that counts the numbers of each token, and how often it is run. */
const counting = (runs: Array<number>) => ({
  entry: place,
  topFeatures: async (values: Float32Array) => {
    runs.push(values.length)
    return Array.from(values, (value) => [{ index: value, activation: 1 }])
  },
})

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }))
afterEach(() => void vi.useRealTimers())

describe("a tracer", () => {
  const made = () => {
    const runs: Array<number> = []
    const tokenizer = { tokenText: String }
    const tracer = new Tracer(
      [{ sae: counting(runs) as never, topK: 1 }],
      new Scheduler({ queue: 4, active: 4 }),
      tokenizer as never,
    )
    const add = (from: number, to: number) => {
      for (let id = from; id < to; id++) {
        tracer.add(id, { logits: new Float32Array(0), taps: new Map([["resid_post.2", Float32Array.of(id)]]) })
      }
    }
    const take = async (releasable: number, isEnd = false) => {
      const [part] = await Effect.runPromise(tracer.take(releasable, isEnd))
      return part?.tokens.map(({ features, id }) => (features[0]?.index === id ? id : -1)) ?? []
    }
    return { runs, add, take }
  }
  const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

  it("encodes a dozen tokens of a slow model, and waits a moment for more of a fast one", async () => {
    const { add, runs, take } = made()
    add(0, 15)
    vi.advanceTimersByTime(1000)
    assert.deepStrictEqual(await take(15), [])
    add(15, 17)
    // Of the last the text is held back.
    assert.deepStrictEqual(await take(16), ids(0, 16))
    add(17, 60)
    assert.deepStrictEqual(await take(44), [])
    add(60, 80)
    assert.deepStrictEqual(await take(64), ids(16, 80))
    add(80, 83)
    assert.deepStrictEqual(await take(3, true), ids(80, 83))
    assert.deepStrictEqual(runs, [16, 64, 3])
  })
})
