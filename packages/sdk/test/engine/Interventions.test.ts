/** A steered run and a plain one share an engine, and never each other's keys and values. */
import { gemmaFolder, scopeFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Interventions } from "../../src/engine/Interventions.ts"
import { readModel } from "../../src/architectures/readModel.ts"
import { seededUniform } from "../uniform.ts"
import { readRun } from "../../src/files/PlacedArray.ts"
import { readNpz } from "../../src/files/readNpz.ts"
import { openScope } from "../../src/scope/openScope.node.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { makeEngineHere } from "../fixtures/engine.ts"
import type { EngineService } from "../../src/words/Engine.ts"
import type { EnginePart } from "../../src/words/Generation.ts"
import { type Intervention, readInterventions } from "../../src/words/Intervention.ts"
import { tries } from "../../../../test/campaign.ts"

const model = { source: gemmaFolder, use: "text", scope: scopeFolder } as const
const { config } = await readModel(await openFolder(gemmaFolder))

const vector = (seed: number, width: number, strength: number): Float32Array => {
  const random = seededUniform(seed)
  return Float32Array.from({ length: width }, () => (random() - 0.5) * strength)
}

const { headDim, heads, hiddenSize } = config
const steered: Intervention = { type: "steer", site: "resid_post", layer: 2, vector: vector(1, hiddenSize, 6) }
/** What requests may have in force: nothing, one site, another vector at that site, vectors and features at three sites. */
const settings: ReadonlyArray<ReadonlyArray<Intervention>> = [
  [],
  [steered],
  [{ ...steered, vector: vector(2, hiddenSize, 6) }],
  [
    { type: "steer", site: "attn_z", layer: 1, vector: vector(3, heads * headDim, 4) },
    { type: "clamp", site: "mlp_out", layer: 1, feature: 412, value: 20 },
    { type: "splice", site: "resid_post", layer: 4, errorTerm: false },
  ],
]

const engineWith = (cacheBytes: number, lanes: number) => makeEngineHere({ cacheBytes, lanes })

const scope = Effect.runSync(Scope.make())
let shared: EngineService
let inLanes: EngineService
let alone: EngineService
beforeAll(async () => {
  const make = (cacheBytes: number, lanes: number) =>
    Effect.runPromise(Scope.provide(engineWith(cacheBytes, lanes), scope))
  shared = await make(64 * 1024 * 1024, 1)
  inLanes = await make(64 * 1024 * 1024, 4)
  alone = await make(0, 1)
})
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

/** Prompts that share beginnings of several lengths. */
const words = "Once upon a time, a fox lived near the lake. One day, the fox found a map and a bell.".split(" ")

const Request = Schema.Struct({
  kind: Schema.Literals(["generate", "generate", "score"]),
  setting: Schema.Literals([0, 0, 1, 2, 3]),
  length: Schema.Int.check(Schema.isBetween({ minimum: 3, maximum: 19 })),
})
type Request = typeof Request.Type

interface Answer {
  readonly ids: ReadonlyArray<number>
  readonly logprobs: ReadonlyArray<number>
}

const answered = (parts: ReadonlyArray<EnginePart>): Answer => ({
  ids: parts.flatMap((part) => (part.type === "finish" ? (part.tokens?.completion ?? []) : [])),
  logprobs: parts.flatMap((part) => ("logprobs" in part ? (part.logprobs ?? []).map(({ logprob }) => logprob) : [])),
})

const ask = (engine: EngineService, { kind, length, setting }: Request): Effect.Effect<Answer, unknown> => {
  const text = words.slice(0, length).join(" ")
  const interventions = readInterventions(settings[setting])
  if (kind === "score") {
    return Effect.map(engine.score({ model, text, interventions }), ({ tokens }) => ({
      ids: tokens.map(({ id }) => id),
      logprobs: tokens.map(({ logprob }) => logprob ?? 0),
    }))
  }
  const request = {
    model,
    prompt: text,
    template: "none",
    maxTokens: 5,
    traces: [],
    logprobs: 0,
    interventions,
  } as const
  return Effect.map(Stream.runCollect(engine.generate(request)), answered)
}

const assertSame = (own: Answer, expected: Answer, request: Request): void => {
  assert.deepStrictEqual(own.ids, expected.ids, JSON.stringify(request))
  for (const [i, logprob] of own.logprobs.entries()) {
    assert.closeTo(logprob, expected.logprobs[i] ?? NaN, 1e-3, JSON.stringify(request))
  }
}

describe("interventions", () => {
  it.effect.prop(
    "each request gives what it gives alone, whatever others run beside and before it",
    { requests: Schema.Array(Request).check(Schema.isMinLength(2), Schema.isMaxLength(7)) },
    ({ requests }) =>
      Effect.promise(async () => {
        for (const engine of [shared, inLanes]) {
          const answers = await Effect.runPromise(
            Effect.forEach(requests, (request) => ask(engine, request), { concurrency: 3 }),
          )
          for (const [i, request] of requests.entries()) {
            const answer = answers[i]
            if (answer === undefined) throw new Error("an answer is missing")
            assertSame(answer, await Effect.runPromise(ask(alone, request)), request)
          }
        }
      }),
    { arbitrary: { runs: tries(3, 120) } },
  )

  it("change what the model says, each in its own way", async () => {
    const scores = await Promise.all(
      ([0, 1, 2, 3] as const).map((setting) => Effect.runPromise(ask(alone, { kind: "score", setting, length: 12 }))),
    )
    const sums = scores.map(({ logprobs }) => logprobs.reduce((sum, logprob) => sum + logprob, 0))
    for (const [i, sum] of sums.entries())
      for (const other of sums.slice(i + 1)) assert.isAbove(Math.abs(sum - other), 0.1)
  })

  const trace = async (interventions: ReadonlyArray<Intervention>, layer = 2) => {
    const request = { model, text: "a fox and a bear", layer, topK: 0, activations: true } as const
    const traced = await Effect.runPromise(
      alone.inspect({ ...request, interventions: readInterventions(interventions) }),
    )
    return traced.activations ?? new Float32Array()
  }

  it("are kept with a cached sequence, unless they are far larger than it", () => {
    const of = (count: number) => {
      const zeros = new Float32Array(count)
      const each = { bias: zeros, threshold: zeros, constant: zeros, gain: zeros }
      const matrix = new Float32Array(count * hiddenSize)
      const positions = { from: 1, to: Infinity }
      const place = { site: { site: "mlp_out", layer: 1 }, width: hiddenSize, key: String(count), positions } as const
      return Interventions.of([{ ...place, ...each, encoder: matrix, decoder: matrix }])
    }
    assert.isTrue(Interventions.none.areKept)
    assert.isTrue(of(1000).areKept)
    assert.isFalse(of(16_384).areKept)
  })

  it("leave the first position as it is", async () => {
    const [plain, changed] = [await trace([]), await trace([steered])]
    const difference = changed.map((value, i) => value - (plain[i] ?? NaN))
    assert.isTrue(difference.subarray(0, hiddenSize).every((value) => value === 0))
    const second = difference.subarray(hiddenSize, 2 * hiddenSize)
    for (const [i, value] of second.entries()) assert.closeTo(value, vector(1, hiddenSize, 6)[i] ?? NaN, 1e-3)
  })

  describe("that are composed", () => {
    const at = { site: "resid_post", layer: 2 } as const
    const feature = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 767 }))
    const strength = Schema.Finite.check(Schema.isBetween({ minimum: -30, maximum: 30 }))
    const last = 5
    /** Two lists are the same change, as far as f32 goes. */
    const assertAlike = async (one: ReadonlyArray<Intervention>, other: ReadonlyArray<Intervention>) => {
      const [a, b] = [await trace(one, last), await trace(other, last)]
      const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
      for (const [i, value] of a.entries()) assert.isBelow(Math.abs(value - (b[i] ?? NaN)) / scale, 1e-4)
    }
    const few = { arbitrary: { runs: tries(3, 120) } }
    const of = { a: feature, b: feature, s: strength, t: strength }

    it.effect.prop(
      "are the same bits in any order",
      of,
      ({ a, b, s, t }) =>
        Effect.promise(async () => {
          const list: ReadonlyArray<Intervention> = [
            { type: "steer", ...at, feature: a, strength: s },
            { type: "clamp", ...at, feature: b, value: t },
            { type: "steer", ...at, feature: b, strength: t, method: "projection-cap" },
            { type: "ablate", site: "mlp_out", layer: 1, feature: a },
          ]
          assert.deepEqual(await trace(list, last), await trace(list.toReversed(), last))
        }),
      few,
    )

    it.effect.prop(
      "add up: steering twice is steering by the sum",
      of,
      ({ a, s, t }) =>
        Effect.promise(() =>
          assertAlike(
            [
              { type: "steer", ...at, feature: a, strength: s },
              { type: "steer", ...at, feature: a, strength: t },
            ],
            [{ type: "steer", ...at, feature: a, strength: s + t }],
          ),
        ),
      few,
    )

    it.effect.prop(
      "to clamp is to ablate and to steer by the value",
      of,
      ({ a, s }) =>
        Effect.promise(() =>
          assertAlike(
            [{ type: "clamp", ...at, feature: a, value: s }],
            [
              { type: "ablate", ...at, feature: a },
              { type: "steer", ...at, feature: a, strength: s },
            ],
          ),
        ),
      few,
    )

    it.effect.prop(
      "to splice with the error term is to clamp each feature",
      of,
      ({ a, b, s, t }) =>
        Effect.promise(() =>
          assertAlike(
            [{ type: "splice", ...at, features: { [a]: s, [b]: t } }],
            a === b
              ? [{ type: "clamp", ...at, feature: b, value: t }]
              : [
                  { type: "clamp", ...at, feature: a, value: s },
                  { type: "clamp", ...at, feature: b, value: t },
                ],
          ),
        ),
      few,
    )

    it.effect.prop(
      "what is taken out along a direction is gone, and multiplying by 1 changes nothing",
      of,
      ({ a }) =>
        Effect.promise(async () => {
          const scaled = { type: "steer", ...at, feature: a, method: "orthogonal-decomposition" } as const
          await assertAlike([{ ...scaled, strength: 1 }], [])
          const row = await decoderRow(a)
          for (const along of projections(await trace([{ ...scaled, strength: 0 }]), row))
            assert.closeTo(along, 0, 1e-2)
          const capped = await trace([{ ...scaled, method: "projection-cap", strength: -5 }])
          for (const along of projections(capped, row)) assert.isAtMost(along, -5 + 1e-2)
        }),
      few,
    )

    it("change nothing, to the last bit, where nothing is edited", async () => {
      const plain = await trace([], last)
      assert.deepEqual(await trace([{ type: "splice", ...at }], last), plain)
      // The session is open for the site by now, and another request's sites change no bit either.
      assert.deepEqual(await trace([{ type: "steer", ...at, feature: 1, strength: 0 }], last), plain)
      assert.deepEqual(await trace([], last), plain)
    })
  })
})

const unit = (row: Float32Array): Float32Array => {
  const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))
  return row.map((value) => value / length)
}

/** What each position but the first has along a direction. */
const projections = (activations: Float32Array, direction: Float32Array): ReadonlyArray<number> =>
  Array.from({ length: activations.length / hiddenSize - 1 }, (_, i) =>
    activations
      .subarray((i + 1) * hiddenSize, (i + 2) * hiddenSize)
      .reduce((sum, value, at) => sum + value * direction[at]!, 0),
  )

async function decoderRow(index: number): Promise<Float32Array> {
  const { entries, files } = await openScope(scopeFolder)
  const { file } = entries.find(({ layer, site }) => layer === 2 && site === "resid_post")!
  const array = await (await readNpz(files, file)).locate("W_dec")
  return unit(await readRun(files, file, array, { first: index * hiddenSize, count: hiddenSize }))
}
