/** What a contrast promises. */
import type { ContrastVector } from "../../src/words/Contrast.ts"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import {
  contrastVectorsFromSafetensors,
  contrastVectorsToSafetensors,
  Facet,
  InvalidRequestError,
  ModelFileError,
} from "../../src/index.ts"
import { parseTensors } from "../fixtures/goldenFiles.ts"
import { failureOf } from "../fixtures/failure.ts"

const pairs = [
  { positive: "The fox was happy.", negative: "The fox was sad." },
  { positive: "What a happy day", negative: "What a sad and long day" },
]

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

/** What a site holds of a text, position by position. */
async function statesOf(text: string, layer: number, site: string): Promise<ReadonlyArray<ReadonlyArray<number>>> {
  const { activations = new Float32Array(), tokens } = await facet.inspect(text, {
    layer,
    site,
    topK: 0,
    activations: true,
  })
  const width = activations.length / tokens.length
  return tokens.map((_, i) => [...activations.subarray(i * width, (i + 1) * width)])
}

const mean = (rows: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> =>
  (rows[0] ?? []).map((_, i) => rows.reduce((sum, row) => sum + (row[i] ?? NaN), 0) / rows.length)

describe("contrast", () => {
  it.each([
    ["last", "resid_post"],
    ["mean", "resid_post"],
    ["last", "attn_z"],
  ] as const)("is the mean difference of pairs: %s, %s", async (positions, site) => {
    const vectors = await facet.contrast(pairs, { layers: [1, 3], site, positions })
    assert.deepEqual(
      vectors.map(({ layer, site }) => [site, layer]),
      [
        [site, 1],
        [site, 3],
      ],
    )
    for (const { layer, vector } of vectors) {
      const read = async (text: string) => {
        const [, ...rows] = await statesOf(text, layer, site)
        return positions === "last" ? (rows.at(-1) ?? []) : mean(rows)
      }
      const differences = []
      for (const { negative, positive } of pairs) {
        const [more, less] = [await read(positive), await read(negative)]
        differences.push(more.map((value, i) => value - (less[i] ?? NaN)))
      }
      for (const [i, value] of mean(differences).entries()) assert.closeTo(vector[i] ?? NaN, value, 1e-4)
    }
  })

  it("is nothing between equal texts", async () => {
    const [same] = await facet.contrast([{ positive: "The fox.", negative: "The fox." }], { layers: [2] })
    assert.isTrue(same?.vector.every((value) => value === 0))
  })

  it("is something to steer along", async () => {
    const [happy] = await facet.contrast(pairs, { layers: [3] })
    if (happy === undefined) throw new Error("there is no vector")
    const score = async (strength: number) =>
      (await facet.score("The fox was happy.", { interventions: [{ type: "steer", ...happy, strength }] }))
        .perplexity ?? NaN
    assert.isBelow(await score(0.5), await score(-0.5))
  })

  it.each<readonly [option: string, pairs: unknown, options: unknown]>([
    ["pairs", [], { layers: [1] }],
    ["pairs", "a", { layers: [1] }],
    ["pairs[0]", [null], { layers: [1] }],
    ["pairs[0].negative", [{ positive: "a" }], { layers: [1] }],
    ["pairs[0].positive", [{ positive: "", negative: "b" }], { layers: [1] }],
    ["layers", pairs, { layers: [] }],
    ["layers", pairs, {}],
    ["layers[0]", pairs, { layers: ["1"] }],
    ["layers", pairs, { layers: [6] }],
    ["site", pairs, { layers: [1], site: "somewhere" }],
    ["positions", pairs, { layers: [1], positions: "first" }],
    ["layer", pairs, { layer: 1 }],
  ])("is refused by the name %s", async (option, texts, options) => {
    const error = await failureOf(facet.contrast(texts as typeof pairs, options as { readonly layers: Array<number> }))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, option)
  })
})

describe("a file of contrast vectors", () => {
  const vectors = [
    { site: "resid_post", layer: 3, vector: Float32Array.of(1, -2.5, 3e-20) },
    { site: "resid_post", layer: 12, vector: Float32Array.of(0, 4, 5) },
    { site: "attn_z", layer: 3, vector: Float32Array.of(7, 8, 9, 10) },
  ] as const

  it("comes back as it was written, under the names that others read", async () => {
    const bytes = contrastVectorsToSafetensors(vectors)
    assert.deepEqual([...parseTensors(bytes).keys()], ["direction.3", "direction.12", "attn_z.3"])
    assert.deepEqual(await contrastVectorsFromSafetensors(bytes), vectors)
    assert.deepEqual(parseTensors(bytes).get("direction.3"), vectors[0].vector)
  })

  it("is refused when it is none", async () => {
    const whole = contrastVectorsToSafetensors(vectors)
    for (const bytes of [
      new Uint8Array(3),
      new Uint8Array(64),
      whole.subarray(0, -2),
      contrastVectorsToSafetensors([]),
    ]) {
      assert.instanceOf(await failureOf(contrastVectorsFromSafetensors(bytes)), ModelFileError)
    }
    assert.throws(() => contrastVectorsToSafetensors([vectors[0], vectors[0]]), InvalidRequestError)
    for (const [option, changes] of [
      ["vectors[0].vector", { vector: Float32Array.of(1, NaN) }],
      ["vectors[0].vector", { vector: [1, 2] }],
      ["vectors[0].layer", { layer: -1 }],
      ["vectors[0].site", { site: "resid" }],
    ] as const) {
      const one = { ...vectors[0], ...changes } as ContrastVector
      assert.throws(() => contrastVectorsToSafetensors([one]), InvalidRequestError, option)
    }
  })
})
