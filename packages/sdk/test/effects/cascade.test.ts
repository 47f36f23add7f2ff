/** A cascade: probes judge first, out of the passes that write; the guard judges what they are unsure of. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  type Cascade,
  definePolicy,
  Facet,
  type GenerationPart,
  InvalidRequestError,
  type Policy,
  policies,
  type Probe,
} from "../../src/index.ts"
import { Opened } from "../../src/words/Opened.ts"
import { Pool, probeLogit } from "../../src/words/Probe.ts"
import { failureOf } from "../fixtures/failure.ts"
import { seededUniform } from "../uniform.ts"

const width = 192
const layer = 3
const story = "Tell me a story about a fox."
const nothing = Array.from({ length: 2 * width }, () => 0)
const uniform = seededUniform(11)
const weights = nothing.map(() => (uniform() - 0.5) / 50)

describe("a cascade", () => {
  let facet: Facet
  let fingerprints: Readonly<Record<Probe["of"], string>>
  beforeAll(async () => {
    facet = await Facet.open()
    fingerprints = await Effect.gen(function* () {
      const { guard, text } = yield* Opened
      const judge = yield* guard
      const of = ({ engine, model }: typeof text) => engine.features({ model, text: "A fox.", layers: [0] })
      return { text: (yield* of(text)).model, guard: (yield* of(judge)).model }
    }).pipe(Effect.provide(Facet.layer()), Effect.runPromise)
  })
  afterAll(() => facet.close())

  const probeOf = (bias: number, own: Partial<Probe> = {}): Policy => {
    const { of = "text" } = own
    const plain = { of, model: fingerprints[of], site: "resid_post", layer, pooling: ["mean", "max"] } as const
    return definePolicy({ id: "own", probe: { ...plain, weights: nothing, bias, ...own } })
  }
  /** Sure of nothing, sure that all is well, sure that nothing is. */
  const cascadeOf = (probability: "unsure" | "harmless" | "harmful", own?: Partial<Probe>): Cascade => ({
    probes: [probeOf({ unsure: 0, harmless: -9, harmful: 9 }[probability], own)],
    release: 0.2,
    block: 0.9,
  })
  const never = [definePolicy({ ...policies.harassment, id: "never", threshold: 1 })]

  it.each(["text", "guard"] as const)(
    "lets the probes of the %s model judge a text, and the guard where they are unsure",
    async (of) => {
      const judged = async (probability: Parameters<typeof cascadeOf>[0]) => {
        const {
          flagged,
          policies: asked,
          stage,
        } = await facet.shield("A fox ran.", { cascade: cascadeOf(probability, { of }), policies: never })
        return [stage, asked[0]?.policy, asked[0]?.threshold, flagged]
      }
      assert.deepEqual(await judged("harmless"), ["probe", "own", 0.2, false])
      assert.deepEqual(await judged("harmful"), ["probe", "own", 0.9, true])
      assert.deepEqual(await judged("unsure"), ["guard", "never", 1, false])
    },
  )

  it("asks the guard of all that is not below `release` where nothing is to be blocked at once", async () => {
    const cascade = { probes: [probeOf(9)], release: 0.2 }
    assert.propertyVal(await facet.shield("A fox ran.", { cascade, policies: never }), "stage", "guard")
    assert.isUndefined((await facet.shield("A fox ran.", { policies: never })).stage)
  })

  it("judges a generation in its own passes: no token is run to judge it", async () => {
    const plain = await facet.generate(story, { maxTokens: 60 })
    const { guard, text } = await facet.generate(story, {
      maxTokens: 60,
      cacheSalt: "a",
      guard: { cascade: cascadeOf("harmless") },
    })
    assert.strictEqual(text, plain.text)
    assert.deepEqual(guard?.tokens, { judged: 0, cached: 0 })
    assert.strictEqual(guard?.stages?.guard, 0)
    assert.strictEqual(guard?.stages?.probe, guard?.judgements)
    assert.isAbove(guard?.judgements ?? 0, 2)
  })

  it("reads a prompt in the passes as `shield` does by a probe in a chat's frame, and not by one of raw texts", async () => {
    const said = async (frame: "raw" | "chat") => {
      const probe = probeOf(0, { weights, bias: 0.1, frame })
      const guard = { cascade: { probes: [probe], release: 1 }, output: false }
      const { verdicts } = await facet.generate(story, { maxTokens: 1, cacheSalt: frame, guard })
      const alone = await facet.shield(story, { policies: [probe] })
      return [verdicts.input?.policies[0]?.probability ?? NaN, alone.policies[0]?.probability ?? NaN] as const
    }
    const [along, alone] = await said("chat")
    assert.closeTo(along, alone, 1e-4)
    const [same, raw] = await said("raw")
    assert.closeTo(same, along, 1e-4)
    assert.isAbove(Math.abs(raw - along), 1e-3)
  })

  it("reads the answer's own tokens, up to the first that covers what is judged, and the prompt's", async () => {
    const own = { weights, bias: 0.1 }
    const parts: Array<GenerationPart> = []
    const guard = { cascade: { probes: [probeOf(0, own)], release: 1 } }
    for await (const part of facet.stream(story, { maxTokens: 30, cacheSalt: "b", guard })) parts.push(part)
    const said = await facet.generate(story, { maxTokens: 30 })
    const trace = await facet.inspect(said, { layer, topK: 0, activations: true })
    const prompt = said.usage.promptTokens
    const probability = (from: number, to: number) => {
      const pool = new Pool(width)
      pool.add(trace.activations!.subarray(from * width, to * width))
      return 1 / (1 + Math.exp(-probeLogit(own, pool.features())))
    }
    const verdicts = parts.flatMap((part) => (part.type === "verdict" ? [part] : []))
    const [input] = verdicts.filter(({ of }) => of === "input")
    assert.closeTo(input?.verdict.policies[0]?.probability ?? NaN, probability(1, prompt), 1e-5)
    const last = verdicts.at(-1)?.verdict.policies[0]?.probability ?? NaN
    assert.closeTo(last, probability(prompt, prompt + said.tokens!.completion.length), 1e-5)
    const lengths = said.tokens!.completion.map((_, i) => probability(prompt, prompt + i + 1))
    for (const { of, verdict } of verdicts) {
      if (of === "input") continue
      const nearest = Math.min(...lengths.map((each) => Math.abs(each - (verdict.policies[0]?.probability ?? NaN))))
      assert.isBelow(nearest, 1e-5)
    }
  })

  it.each(["window", "buffer"] as const)("lets nothing of an answer out that a probe flags: %s", async (mode) => {
    const guard = { input: false, mode, cascade: cascadeOf("harmful") }
    const { finishReason, guard: report, text } = await facet.generate(story, { guard })
    assert.deepEqual([finishReason, text, report?.blocked?.verdict?.stage], ["blocked", "", "probe"])
    assert.strictEqual(report?.releasedCharacters, 0)
  })

  it("lets nothing of an answer out to a prompt that a probe flags", async () => {
    const guard = { output: false, cascade: cascadeOf("harmful") }
    const { finishReason, guard: report, text } = await facet.generate(story, { cacheSalt: "c", guard })
    assert.deepEqual([finishReason, text, report?.blocked?.of], ["blocked", "", "input"])
  })

  it("has the guard judge what the probes are unsure of, with the verdicts that it has alone", async () => {
    const alone = await facet.generate(story, { maxTokens: 40, guard: { policies: ["harassment"] } })
    const behind = await facet.generate(story, {
      maxTokens: 40,
      guard: { policies: ["harassment"], cascade: cascadeOf("unsure") },
    })
    assert.strictEqual(behind.text, alone.text)
    assert.deepEqual(behind.verdicts.output?.policies, alone.verdicts.output?.policies)
    assert.deepEqual(behind.guard?.stages, { probe: 0, guard: alone.guard!.judgements })
  })

  it("runs the probe on what the passes did not read: a chat that was cached, or of several turns", async () => {
    const chat = [
      { role: "user", content: story },
      { role: "assistant", content: "A fox ran." },
      { role: "user", content: "Tell me more." },
    ] as const
    const guard = { cascade: cascadeOf("harmless") }
    const cached = { maxTokens: 10, cacheSalt: "d", guard }
    await facet.generate(story, cached)
    for (const generation of [await facet.generate(story, cached), await facet.generate(chat, cached)]) {
      assert.strictEqual(generation.guard?.stages?.guard, 0)
      assert.isAbove(generation.guard?.tokens.judged ?? 0, 0)
    }
  })

  it("guards a stream of any source", async () => {
    const safe = facet.guard({ policies: never, cascade: cascadeOf("harmless") })
    const { report, text } = await safe.text(() => "A fox ran. It was happy.")("Tell me.")
    assert.strictEqual(text, "A fox ran. It was happy.")
    assert.deepEqual(report.stages, { probe: 3, guard: 0 })
  })

  it.each([
    ["no probes", { probes: [] }, "cascade.probes"],
    ["a policy without one", { probes: [policies.harassment] }, "cascade.probes[0]"],
    ["a release that is no number", { release: NaN }, "cascade.release"],
    ["a block that is not above it", { block: 0.2 }, "cascade.block"],
    ["what is none of its fields", { escalate: 0.3 }, "cascade.escalate"],
  ])("is refused with %s", async (_, changed, option) => {
    // What TypeScript refuses, JavaScript can still write.
    const cascade = { ...cascadeOf("unsure"), ...changed } as Cascade
    assert.propertyVal(await failureOf(facet.shield("A fox.", { cascade })), "option", option)
    const error = await failureOf(facet.generate(story, { guard: { cascade } }))
    assert.instanceOf(error, InvalidRequestError)
    assert.propertyVal(error, "option", `guard.${option}`)
  })

  it("is refused with a probe that asks the guard each time, or of another model", async () => {
    const beside = { probes: [probeOf(0, { guideline: 1 })], release: 0.2 }
    assert.propertyVal(
      await failureOf(facet.shield("A fox.", { cascade: beside })),
      "option",
      "cascade.probes[0].probe.guideline",
    )
    const other = { probes: [probeOf(0, { model: "00" })], release: 0.2 }
    for (const call of [
      () => facet.shield("A fox.", { cascade: other }),
      () => facet.generate(story, { guard: { cascade: other } }),
    ]) {
      assert.propertyVal(await failureOf(call()), "option", "policies.own.probe.model")
    }
  })
})
