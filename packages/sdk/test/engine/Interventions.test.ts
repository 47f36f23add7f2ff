/** A steered run and a plain one share an engine, and never each other's keys and values. */
import { gemmaFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { readModel } from "../../src/architectures/readModel.ts"
import { Interventions } from "../../src/engine/Interventions.ts"
import { makeEngine } from "../../src/engine/makeEngine.ts"
import { seededUniform } from "../uniform.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { InvalidRequestError } from "../../src/index.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import type { EngineService } from "../../src/words/Engine.ts"
import type { EnginePart } from "../../src/words/Generation.ts"
import type { Intervention } from "../../src/words/Intervention.ts"
import { tries } from "../../../../test/campaign.ts"

const model = { source: gemmaFolder, use: "text" } as const
const { config } = await readModel(await openFolder(gemmaFolder))

const vector = (seed: number, width: number, strength: number): Float32Array => {
  const random = seededUniform(seed)
  return Float32Array.from({ length: width }, () => (random() - 0.5) * strength)
}

const { headDim, heads, hiddenSize } = config
/** What requests may have in force: nothing, one site, another vector at that site, two sites. */
const settings: ReadonlyArray<ReadonlyArray<Intervention>> = [
  [],
  [{ site: "resid_post", layer: 2, add: vector(1, hiddenSize, 6) }],
  [{ site: "resid_post", layer: 2, add: vector(2, hiddenSize, 6) }],
  [
    { site: "attn_z", layer: 1, add: vector(3, heads * headDim, 4) },
    { site: "mlp_out", layer: 3, add: vector(4, hiddenSize, 4) },
  ],
]

const engineWith = (cacheBytes: number, lanes: number) =>
  makeEngine({
    devices: [{ name: "cpu", start: async () => makeNodeRuntime({ interlock: new Interlock(), threads: 1 }) }],
    openFolder,
    openScope: () => Promise.reject(new Error("no scope was asked for")),
    queue: 64,
    active: 4,
    cacheBytes,
    lanes,
    reuse: "exact",
    speculate: true,
    judging: { characters: 1000, policies: 8, timeoutMs: 10_000 },
  })

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
  const interventions = settings[setting] ?? []
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
    { arbitrary: { runs: tries(10) } },
  )

  it("change what the model says, each in its own way", async () => {
    const scores = await Promise.all(
      ([0, 1, 2, 3] as const).map((setting) => Effect.runPromise(ask(alone, { kind: "score", setting, length: 12 }))),
    )
    const sums = scores.map(({ logprobs }) => logprobs.reduce((sum, logprob) => sum + logprob, 0))
    for (const [i, sum] of sums.entries())
      for (const other of sums.slice(i + 1)) assert.isAbove(Math.abs(sum - other), 0.1)
  })

  it("leave the first position as it is", async () => {
    const [, steering = []] = settings
    const trace = (interventions: ReadonlyArray<Intervention>) =>
      Effect.runPromise(alone.inspect({ model, text: "a fox", layer: 2, topK: 0, activations: true, interventions }))
    const [plain, steered] = [await trace([]), await trace(steering)]
    const difference = steered.activations?.map((value, i) => value - (plain.activations?.[i] ?? NaN))
    const first = difference?.subarray(0, hiddenSize) ?? []
    const second = difference?.subarray(hiddenSize, 2 * hiddenSize) ?? []
    assert.isTrue(first.every((value) => value === 0))
    for (const [i, value] of second.entries()) assert.closeTo(value, steering[0]?.add[i] ?? NaN, 1e-3)
  })

  it("have one key however they are listed, and none where there are none", () => {
    const [, one = [], other = [], two = []] = settings
    assert.strictEqual(Interventions.of([], config).key, "")
    assert.strictEqual(Interventions.of(two, config).key, Interventions.of(two.toReversed(), config).key)
    assert.notStrictEqual(Interventions.of(one, config).key, Interventions.of(other, config).key)
    const doubled = one.map(({ add, ...site }) => ({ ...site, add: add.map((value) => 2 * value) }))
    assert.strictEqual(Interventions.of([...one, ...one], config).key, Interventions.of(doubled, config).key)
  })

  it.each([
    ["a layer that is not there", { site: "mlp_out", layer: 99, add: new Float32Array(hiddenSize) }],
    ["a vector of another width", { site: "attn_z", layer: 0, add: new Float32Array(3) }],
    ["a vector that is not finite", { site: "mlp_out", layer: 0, add: new Float32Array(hiddenSize).fill(NaN) }],
  ] as const)("refuse %s", (_, intervention) => {
    assert.throws(() => Interventions.of([intervention], config), InvalidRequestError)
  })
})
