/** Policies that a probe judges: on the guard's activations, on those of the model that writes, and beside a guideline. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { definePolicy, Facet, type Features, policies, type Probe, type Trace } from "../../src/index.ts"
import { Opened } from "../../src/words/Opened.ts"
import { Pool } from "../../src/words/Probe.ts"
import { seededUniform } from "../uniform.ts"

const text = "The little fox ran into the forest. She was happy."
const width = 192
const uniform = seededUniform(7)
const weights = Array.from({ length: 2 * width }, () => (uniform() - 0.5) / 50)

describe("a policy with a probe", () => {
  let facet: Facet
  let ofText: Features
  let ofGuard: Features
  beforeAll(async () => {
    facet = await Facet.open()
    ;[ofText, ofGuard] = await Effect.gen(function* () {
      const { guard, text: writer } = yield* Opened
      const judge = yield* guard
      return [
        yield* writer.engine.features({ model: writer.model, text }),
        yield* judge.engine.features({ model: judge.model, text, layers: [3, 1] }),
      ] as const
    }).pipe(Effect.provide(Facet.layer()), Effect.runPromise)
  })
  afterAll(() => facet.close())

  const probe = (of: Probe["of"], layer: number, guideline?: number): Probe => ({
    of,
    model: (of === "text" ? ofText : ofGuard).model,
    site: "resid_post",
    layer,
    pooling: ["mean", "max"],
    weights,
    bias: 0.25,
    guideline,
  })
  const logitIn = ({ layers, values }: Features, layer: number): number => {
    const from = layers.indexOf(layer) * 2 * width
    return weights.reduce((sum, weight, i) => sum + weight * values[from + i]!, 0.25)
  }
  const sigmoid = (z: number) => 1 / (1 + Math.exp(-z))
  const probabilityOf = async (own: Probe, content: Parameters<Facet["shield"]>[0] = text): Promise<number> => {
    const policy = definePolicy({ id: "own", promptGuideline: policies.harassment.promptGuideline, probe: own })
    return (await facet.shield(content, { policies: [policy] })).policies[0]?.probability ?? NaN
  }

  it("reads what `inspect` shows of the residual stream, pooled without `<bos>`", async () => {
    assert.deepEqual(ofText.layers, [0, 1, 2, 3, 4, 5])
    for (const layer of [0, 5]) {
      const { activations, tokens }: Trace = await facet.inspect(text, { layer, topK: 0, activations: true })
      const pool = new Pool(width)
      pool.add(activations!, 1)
      assert.strictEqual(ofText.tokens, tokens.length - 1)
      assert.deepEqual(ofText.values.subarray(layer * 2 * width, (layer + 1) * 2 * width), pool.features())
    }
  })

  it("is judged on the guard's activations, or the writer's", async () => {
    assert.closeTo(await probabilityOf(probe("guard", 3)), sigmoid(logitIn(ofGuard, 3)), 1e-6)
    assert.closeTo(await probabilityOf(probe("guard", 1)), sigmoid(logitIn(ofGuard, 1)), 1e-6)
    assert.closeTo(await probabilityOf(probe("text", 4)), sigmoid(logitIn(ofText, 4)), 1e-6)
  })

  it("reads the response where there is one", async () => {
    const alone = await probabilityOf(probe("guard", 3), { response: text })
    assert.closeTo(alone, sigmoid(logitIn(ofGuard, 3)), 1e-6)
    assert.strictEqual(await probabilityOf(probe("guard", 3), { prompt: "Who is it about?", response: text }), alone)
  })

  it("reads a text as the guard does where it is asked, up to the guideline", async () => {
    const framed = (side: "prompt" | "response") =>
      Effect.gen(function* () {
        const { engine, model } = yield* (yield* Opened).guard
        return yield* engine.features({ model, text, layers: [3], frame: "shield", side })
      }).pipe(Effect.provide(Facet.layer()), Effect.runPromise)
    const own: Probe = { ...probe("guard", 3), frame: "shield" }
    const [asked, answer] = [await framed("prompt"), await framed("response")]
    assert.isAbove(asked.tokens, ofGuard.tokens)
    assert.closeTo(await probabilityOf(own), sigmoid(logitIn(asked, 3)), 1e-6)
    const alone = await probabilityOf(own, { response: text })
    assert.closeTo(alone, sigmoid(logitIn(answer, 3)), 1e-6)
    assert.notEqual(await probabilityOf(own, { prompt: "Who is it about?", response: text }), alone)
    assert.isBelow(await probabilityOf(own, text.repeat(100)), 1)
  })

  it.each(["guard", "text"] as const)("counts the guideline beside the %s's activations", async (of) => {
    const { policies: asked } = await facet.shield(text, { policies: ["harassment"] })
    const probability = asked[0]?.probability ?? NaN
    const logit = logitIn(of === "text" ? ofText : ofGuard, 2 + Number(of === "guard"))
    const expected = sigmoid(logit + 0.5 * Math.log(probability / (1 - probability)))
    assert.closeTo(await probabilityOf(probe(of, 2 + Number(of === "guard"), 0.5)), expected, 1e-5)
  })

  it("stands in a list with others, in its order", async () => {
    const own = (id: string, of: Probe["of"]) => definePolicy({ id, probe: probe(of, 3), threshold: 0 })
    const verdict = await facet.shield(text, { policies: [own("a", "text"), "harassment", own("b", "guard")] })
    assert.deepEqual(
      verdict.policies.map(({ flagged, policy }) => [policy, flagged]),
      [
        ["a", true],
        ["harassment", false],
        ["b", true],
      ],
    )
    assert.isTrue(verdict.flagged)
  })

  it.each([
    ["another model", { model: "00" }, "model", "it was trained on the model 00"],
    ["the other model's role", { of: "text" }, "model", "it was trained on the model"],
    ["another layer", { layer: 6 }, "layer", "6 is not a layer"],
    ["another width", { weights: [1, 2] }, "weights", "2 of them, where"],
  ] as const)("is refused when it was trained on %s", async (_, changed, field, part) => {
    const own: Probe = { ...probe("guard", 3), ...changed }
    const error: unknown = await probabilityOf(own).catch((cause: unknown) => cause)
    assert.propertyVal(error, "_tag", "InvalidRequestError")
    assert.propertyVal(error, "option", `policies.own.probe.${field}`)
    assert.include(String(error), part)
  })
})
