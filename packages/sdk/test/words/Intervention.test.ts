/** What can be wrong with an intervention before any model is asked. */
import { assert, describe, it } from "@effect/vitest"
import { InvalidRequestError } from "../../src/index.ts"
import { type Intervention, isAmong, readInterventions } from "../../src/words/Intervention.ts"

const steer = { type: "steer", layer: 1, feature: 3 } as const
const clamp = { type: "clamp", feature: 3, value: 1 } as const
const splice = { type: "splice" } as const

describe("a list of interventions is refused", () => {
  it.each<readonly [option: string, list: unknown]>([
    ["interventions", "steer"],
    ["interventions", { ...steer }],
    ["interventions[0]", [null]],
    ["interventions[0]", [7]],
    ["interventions[0].type", [{}]],
    ["interventions[0].type", [{ type: "push" }]],
    ["interventions[1].strenght", [steer, { ...steer, strenght: 2 }]],
    ["interventions[0].value", [{ ...steer, value: 2 }]],
    ["interventions[0].layer", [{ ...steer, layer: 1.5 }]],
    ["interventions[0].site", [{ ...steer, site: "resid_pre" }]],
    ["interventions[0].layer", [{ ...steer, site: "blocks.2.hook_resid_post" }]],
    ["interventions[0].method", [{ ...steer, method: "gently" }]],
    ["interventions[0].strength", [{ ...steer, strength: NaN }]],
    ["interventions[0].strength", [{ ...steer, strength: Infinity }]],
    ["interventions[0].strength", [{ ...steer, strength: 1e7 }]],
    ["interventions[0].strength", [{ ...steer, strength: "3" }]],
    ["interventions[0].strength", [{ ...steer, method: "orthogonal-decomposition", strength: 1001 }]],
    ["interventions[0].feature", [{ ...steer, feature: -1 }]],
    ["interventions[0].feature", [{ ...steer, feature: 1.5 }]],
    ["interventions[0]", [{ type: "steer", layer: 1 }]],
    ["interventions[0]", [{ ...steer, vector: [1, 2] }]],
    ["interventions[0].vector", [{ type: "steer", layer: 1, vector: "1, 2" }]],
    ["interventions[0].vector[1]", [{ type: "steer", layer: 1, vector: [1, NaN] }]],
    ["interventions[0].vector[0]", [{ type: "steer", layer: 1, vector: Float32Array.of(-Infinity) }]],
    // Beyond float32.
    ["interventions[0].vector[0]", [{ type: "steer", layer: 1, vector: [1e39] }]],
    ["interventions[0].strength", [{ type: "steer", layer: 1, vector: [3e5, 4e5], strength: 3 }]],
    ["interventions[0].vector", [{ type: "steer", layer: 1, vector: [0, 0], method: "projection-cap" }]],
    ["interventions[0].feature", [{ type: "ablate" }]],
    ["interventions[0].value", [{ type: "clamp", feature: 3 }]],
    ["interventions[0].value", [{ ...clamp, value: -Infinity }]],
    ["interventions[0].features", [{ ...splice, features: [1] }]],
    ["interventions[0].features[a]", [{ ...splice, features: { a: 1 } }]],
    ["interventions[0].features[-1]", [{ ...splice, features: { "-1": 1 } }]],
    ["interventions[0].features[4]", [{ ...splice, features: { 4: NaN } }]],
    ["interventions[0].errorTerm", [{ ...splice, errorTerm: 0 }]],
    ["interventions[0].positions[1]", [{ ...clamp, positions: [3, 0] }]],
    ["interventions[0].positions.from", [{ ...clamp, positions: { from: 0 } }]],
    ["interventions[0].positions", [{ ...clamp, positions: { from: 5, to: 5 } }]],
    ["interventions[0].positions", [{ ...clamp, positions: { to: 1 } }]],
    ["interventions[0].positions.until", [{ ...clamp, positions: { until: 3 } }]],
    ["interventions", Array.from({ length: 1025 }, () => steer)],
  ])("by the name %s", (option, list) => {
    try {
      // As a caller without types may pass it.
      readInterventions(list as ReadonlyArray<Intervention>)
    } catch (error) {
      assert.instanceOf(error, InvalidRequestError)
      return assert.strictEqual(error.option, option)
    }
    assert.fail("it was taken")
  })
})

describe("an intervention that was read", () => {
  it("keeps none of the caller's arrays", () => {
    const vector = Float32Array.of(1, 2)
    const [read] = readInterventions([{ type: "steer", layer: 0, vector }]) ?? []
    vector.fill(9)
    assert.deepEqual(read?.change.type === "steer" ? read.change.direction : undefined, Float32Array.of(1, 2))
  })

  it("takes TransformerLens' names", () => {
    const [read] = readInterventions([{ type: "ablate", feature: 1, site: "blocks.3.attn.hook_z" }]) ?? []
    assert.deepEqual(read?.place, { site: "attn_z", layer: 3 })
  })

  it("acts at all positions but the first, at those of a range, or at those of a list", () => {
    const among = (positions?: Intervention["positions"]) => {
      const [read] = readInterventions([{ ...clamp, positions }]) ?? []
      return [0, 1, 2, 3, 4, 5].filter((at) => read !== undefined && isAmong(read.positions, at))
    }
    assert.deepEqual(among(), [1, 2, 3, 4, 5])
    assert.deepEqual(among({ from: 3 }), [3, 4, 5])
    assert.deepEqual(among({ to: 3 }), [1, 2])
    assert.deepEqual(among({ from: 2, to: 4 }), [2, 3])
    assert.deepEqual(among([4, 2, 4]), [2, 4])
    assert.deepEqual(among([]), [])
  })
})
