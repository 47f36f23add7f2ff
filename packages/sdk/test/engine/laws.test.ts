/** Laws of the forward pass: however tokens come to be in a cache, what follows from them is the same. */
import { gemmaFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { KeyValues } from "../../src/engine/KeyValues.ts"
import { OpenModel } from "../../src/engine/OpenModel.ts"
import { Interventions } from "../../src/engine/Interventions.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { makeSampler } from "../../src/engine/Sampler.ts"
import { TokenHistory } from "../../src/engine/TokenHistory.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import { tries } from "../../../../test/campaign.ts"

const token = Schema.Int.check(Schema.isBetween({ minimum: 108, maximum: 3327 }))
const tokens = Schema.Array(token).check(Schema.isMinLength(2), Schema.isMaxLength(180))
const share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/** Relative to the largest logit: what f32 itself leaves open when sums are taken in another order. */
const tolerance = 1e-5
const few = { arbitrary: { runs: tries(6, 160) } }

// With a small slack, sliding layers (their window is 32) forget rows all the time.
describe.each([
  { attention: "fused", slack: undefined },
  { attention: "fused", slack: 24 },
  { attention: "decomposed", slack: 24 },
] as const)("the forward pass in f32, $attention, with a slack of $slack", ({ attention, slack }) => {
  let model: OpenModel
  beforeAll(async () => {
    const operators = { attention, multiplication: "f32", rounding: "row" } as const
    const runtime = makeNodeRuntime({ interlock: new Interlock(), operators, threads: 2 })
    const files = await openFolder(gemmaFolder)
    model = await OpenModel.open({ files, runtime, heads: ["vocabulary"], cacheBytes: 1e8, slack }, [], () => {})
  })
  afterAll(() => model.release())

  /** Runs the tokens that a sequence lacks in one go, and gives the logits after the last. */
  const finish = async (sequence: KeyValues, ids: ReadonlyArray<number>) => {
    const rest = ids.slice(sequence.length)
    return (await model.forward(sequence, rest, { rows: [rest.length - 1] })).logits
  }
  const fresh = (ids: ReadonlyArray<number>) => finish(model.newSequence(), ids)
  const assertClose = (a: Float32Array, b: Float32Array) => {
    assert.strictEqual(a.length, b.length)
    const scale = Math.max(
      1,
      b.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    )
    for (let i = 0; i < a.length; i++) assert.isBelow(Math.abs(a[i]! - b[i]!) / scale, tolerance)
  }
  /** A rounding error decides nearly nothing: of thousands of draws, as good as none gives another token. */
  const drawn = { all: 0, different: 0 }
  const assertSameDraws = (a: Float32Array, b: Float32Array) => {
    for (let seed = 0; seed < 60; seed++) {
      const [one, other] = [a, b].map((row) => makeSampler({ temperature: 1, seed }).sample(row, new TokenHistory()))
      drawn.all++
      if (one !== other) drawn.different++
    }
    assert.isAtMost(drawn.different, 1 + drawn.all / 2000)
  }
  const split = (ids: ReadonlyArray<number>, at: number) =>
    Math.max(1, Math.min(ids.length - 1, Math.floor(at * ids.length)))

  it.effect.prop(
    "chunked = whole",
    { ids: tokens, at: share },
    ({ at, ids }) =>
      Effect.promise(async () => {
        const sequence = model.newSequence()
        await model.forward(sequence, ids.slice(0, split(ids, at)))
        const [chunked, whole] = [await finish(sequence, ids), await fresh(ids)]
        assertClose(chunked, whole)
        assertSameDraws(chunked, whole)
      }),
    few,
  )

  it.effect.prop(
    "token by token = whole",
    { ids: tokens },
    ({ ids }) =>
      Effect.promise(async () => {
        const sequence = model.newSequence()
        for (const id of ids.slice(0, -1)) await model.forward(sequence, [id])
        assertClose(await finish(sequence, ids), await fresh(ids))
      }),
    { arbitrary: { runs: tries(3) } },
  )

  it.effect.prop(
    "rewound = never extended",
    { ids: tokens, extra: tokens, at: share },
    ({ at, extra, ids }) =>
      Effect.promise(async () => {
        const sequence = model.newSequence()
        const length = split(ids, at)
        await model.forward(sequence, ids.slice(0, length))
        await model.forward(sequence, extra)
        // What was forgotten for good is run again.
        sequence.truncate(length)
        assert.include([0, length], sequence.length)
        assertClose(await finish(sequence, ids), await fresh(ids))
      }),
    few,
  )

  it.effect.prop(
    "forked = fresh, and the original goes on undisturbed",
    { ids: tokens, other: tokens, at: share },
    ({ at, ids, other }) =>
      Effect.promise(async () => {
        const sequence = model.newSequence()
        const length = split(ids, at)
        await model.forward(sequence, ids.slice(0, length))
        const fork = sequence.fork(length)
        await model.forward(fork, other)
        assertClose(await finish(sequence, ids), await fresh(ids))
        fork.truncate(length)
        assertClose(await finish(fork, ids), await fresh(ids))
      }),
    few,
  )

  it.effect.prop(
    "cached = fresh, in whatever order requests come",
    {
      requests: Schema.Array(Schema.Struct({ keep: share, tail: tokens })).check(
        Schema.isMinLength(2),
        Schema.isMaxLength(5),
      ),
    },
    ({ requests }) =>
      Effect.promise(async () => {
        let previous: ReadonlyArray<number> = []
        for (const { keep, tail } of requests) {
          const ids: ReadonlyArray<number> = [...previous.slice(0, Math.floor(keep * previous.length)), ...tail].slice(
            0,
            300,
          )
          const { sequence } = model.acquireSequence(ids, Interventions.none, "")
          const cached = await finish(sequence, ids)
          model.cache.release(sequence)
          const cold = await fresh(ids)
          assertClose(cached, cold)
          assertSameDraws(cached, cold)
          previous = ids
        }
      }),
    few,
  )
})
