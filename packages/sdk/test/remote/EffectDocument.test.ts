import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { effectFromJson, effectToJson } from "../../src/remote/EffectDocument.ts"
import type { EffectName } from "../../src/remote/routes.ts"
import type { Generation } from "../../src/words/Generation.ts"

const effects = [
  "generate",
  "shield",
  "inspect",
  "decide",
  "calibrate",
  "score",
  "embed",
  "tokens.count",
  "tokens.encode",
  "tokens.decode",
  "tokens.render",
] as const satisfies ReadonlyArray<EffectName>

/** Whatever options JSON can say: what they mean is the effect's own affair. */
const Options = Schema.Struct({
  maxTokens: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
  stop: Schema.optionalKey(Schema.Array(Schema.String)),
  guard: Schema.optionalKey(Schema.Union([Schema.Boolean, Schema.Struct({ mode: Schema.String })])),
})

const generation: Generation = {
  prompt: [{ role: "user", content: "Hi" }],
  text: "Hello.",
  finishReason: "stop",
  usage: { promptTokens: 1, completionTokens: 2, cachedTokens: 0 },
  timings: { firstTokenMs: 1, totalMs: 2, tokensPerSecond: 3 },
  tokens: { prompt: [2, 7], completion: [8, 9] },
  verdicts: {},
  traces: [{ site: "mlp_out", layer: 1, tokens: [{ token: "a", id: 1, features: [] }] }],
}

function thrownBy(work: () => unknown): object {
  try {
    work()
  } catch (error) {
    return Object(error)
  }
  throw new Error("it did not throw")
}

describe("what an effect is asked", () => {
  for (const effect of effects) {
    it.prop(`arrives as it was sent: ${effect}`, { subject: Schema.String, options: Options }, (request) => {
      // The form is that of any effect.
      const body: unknown = JSON.parse(effectToJson(effect, request as never))
      assert.deepStrictEqual(effectFromJson(effect, body), request as never)
    })
  }

  it("leaves at home what is not judged, and what is not traced", () => {
    const { finishReason, prompt, text, tokens } = generation
    const asked = (effect: "shield" | "inspect"): unknown =>
      effectFromJson(effect, JSON.parse(effectToJson(effect, { subject: generation, options: {} }))).subject
    assert.deepStrictEqual(asked("shield"), { finishReason, prompt, text })
    assert.deepStrictEqual(asked("inspect"), { finishReason, tokens })
  })

  it("sends vectors as lists of numbers, which are the same when they are read", () => {
    const vector = Float32Array.of(0.1, -3e-30, 16_777_217)
    const options = { interventions: [{ type: "steer", layer: 1, vector } as const] }
    const body: unknown = JSON.parse(effectToJson("generate", { subject: "Hi", options }))
    const [sent] = effectFromJson("generate", body).options.interventions ?? []
    assert.deepStrictEqual(sent, { type: "steer", layer: 1, vector: [...vector] })
  })

  it("leaves at home what a tool does, and nothing else of it", () => {
    const sent = (tools: ReadonlyArray<unknown>): unknown =>
      effectFromJson("generate", JSON.parse(effectToJson("generate", { subject: "Hi", options: { tools } as never })))
        .options.tools
    const dig = { name: "dig", description: "Digs a hole." }
    assert.deepStrictEqual(sent([{ ...dig, run: () => "a bone" }, dig]), [dig, dig])
    // What is no function there, the server refuses.
    assert.deepStrictEqual(sent([{ ...dig, run: 7 }]), [{ ...dig, run: 7 }])
  })

  it("may come without options", () => {
    assert.deepStrictEqual(effectFromJson("shield", { content: "x" }), { subject: "x", options: {} })
  })
})

describe("a request is refused", () => {
  it.each<readonly [option: string, body: unknown]>([
    ["body", []],
    ["body", null],
    ["text", { prompt: "x", text: "x" }],
    ["options", { prompt: "x", options: null }],
    ["signal", { prompt: "x", options: { signal: {} } }],
    ["prompt", { prompt: "x", options: { prompt: "other" } }],
  ])("for its %s: %j", (option, body) => {
    assert.include(
      thrownBy(() => effectFromJson("generate", body)),
      { _tag: "InvalidRequestError", option },
    )
  })

  it.each<readonly [option: string, options: object]>([
    ["temperature", { temperature: Number.NaN }],
    ["logitBias", { logitBias: new Map([[1, 2]]) }],
    ["stop[0]", { stop: [() => "x"] }],
    ["seed", { seed: 7n }],
  ])("before it is sent, for what JSON cannot say: %s", (option, options) => {
    const error = thrownBy(() => effectToJson("generate", { subject: "x", options }))
    assert.include(error, { _tag: "InvalidRequestError", option })
  })
})
