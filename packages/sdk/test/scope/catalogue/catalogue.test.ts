import { assert, describe, it } from "vitest"
import { catalogue } from "../../../src/scope/catalogue/catalogue.ts"
import { readSaePath } from "../../../src/scope/SaePath.ts"

const first = catalogue().filter(({ release }) => !release.startsWith("gemma-scope-2-"))

const canonical = (release: string, width: number): ReadonlyArray<number> =>
  first
    .filter((sae) => sae.release === release && sae.width === width && sae.isCanonical)
    .toSorted((a, b) => a.layer - b.layer)
    .map(({ averageL0 }) => averageL0)

const numbers = (text: string): ReadonlyArray<number> => text.split(" ").map(Number)

describe("catalogue", () => {
  it("has Gemma Scope's 2,404 autoencoders, and as many of each release as there are", () => {
    const counts = Object.fromEntries(
      [...Map.groupBy(first, ({ release }) => release)].map(([name, all]) => [name, all.length]),
    )
    assert.deepStrictEqual(counts, {
      "gemma-scope-2b-pt-res": 316,
      "gemma-scope-2b-pt-att": 260,
      "gemma-scope-2b-pt-mlp": 260,
      "gemma-scope-2b-pt-transcoders": 26,
      "gemma-scope-9b-pt-res": 536,
      "gemma-scope-9b-pt-att": 492,
      "gemma-scope-9b-pt-mlp": 492,
      "gemma-scope-9b-it-res": 30,
      "gemma-scope-27b-pt-res": 18,
    })
    assert.strictEqual(first.length - 26, 2404)
  })

  // Source: SAELens' and Neuronpedia's lists of canonical autoencoders.
  it.each<[string, number, string]>([
    [
      "gemma-scope-2b-pt-res",
      16_384,
      "105 102 141 59 124 68 70 69 71 73 77 80 82 84 84 78 78 77 74 73 71 70 72 75 73 116",
    ],
    [
      "gemma-scope-2b-pt-att",
      16_384,
      "104 79 93 117 116 135 61 99 129 127 70 80 85 92 71 98 71 79 72 122 62 65 106 73 96 77",
    ],
    [
      "gemma-scope-2b-pt-mlp",
      16_384,
      "119 105 95 95 85 114 133 60 136 88 110 98 108 112 97 80 72 68 106 109 109 113 121 128 73 126",
    ],
    [
      "gemma-scope-2b-pt-transcoders",
      16_384,
      "76 65 49 54 88 87 95 70 52 72 88 5 6 8 8 8 10 12 13 12 11 13 15 25 37 41",
    ],
    ["gemma-scope-9b-it-res", 131_072, "121 81 109"],
    ["gemma-scope-27b-pt-res", 131_072, "106 82 72"],
    ["gemma-scope-2b-pt-res", 1_048_576, "114 107 88"],
  ])("has the canonical ones of %s at %i", (release, width, expected) => {
    assert.deepStrictEqual(canonical(release, width), numbers(expected))
  })

  it("knows which of two is canonical that are as near to 100", () => {
    const at = (layer: number, width: number) =>
      first.find(
        (sae) =>
          sae.release === "gemma-scope-9b-pt-att" && sae.layer === layer && sae.width === width && sae.isCanonical,
      )
    assert.deepStrictEqual([at(27, 16_384)?.averageL0, at(23, 131_072)?.averageL0], [136, 66])
  })

  it("knows their sizes to the byte", () => {
    const size = (file: string) =>
      first.find((sae) => sae.file === file && sae.release === "gemma-scope-2b-pt-res")?.bytes
    assert.strictEqual(size("layer_20/width_16k/average_l0_71/params.npz"), 302_131_416)
    assert.approximately(size("layer_12/width_65k/average_l0_72/params.npz") ?? 0, 1.208e9, 5e6)
    assert.approximately(size("layer_12/width_1m/average_l0_107/params.npz") ?? 0, 19.3e9, 1e8)
  })

  it("has Gemma Scope 2's, with a transcoder of each layer", () => {
    const second = catalogue().filter((sae) => sae.repository === "google/gemma-scope-2-4b-it")
    const medium = second.find((sae) => sae.file === "resid_post/layer_17_width_16k_l0_medium/params.safetensors")
    assert.deepInclude(medium, { site: "resid_post", layer: 17, averageL0: 60, isCanonical: true })
    assert.strictEqual(medium?.neuronpedia, "gemma-3-4b-it/17-gemmascope-2-res-16k")
    assert.lengthOf(
      second.filter(({ release }) => release === "gemma-scope-2-4b-it-res"),
      52,
    )
    assert.lengthOf(
      second.filter(({ release }) => release === "gemma-scope-2-4b-it-transcoders-all"),
      272,
    )
    const transcoder = second.find(({ file }) => file.startsWith("transcoder_all/layer_3_width_16k_l0_small_affine/"))
    assert.deepInclude(transcoder, { site: "mlp_in", writes: "mlp_out", layer: 3, unread: undefined })
  })

  it("gives no two the same name or file", () => {
    const names = catalogue().flatMap((sae) => [
      `${sae.repository}/${sae.file}`,
      ...sae.saeLensIds.map((id) => `SAELens ${id.join("/")}`),
      ...(sae.neuronpedia === undefined ? [] : [`Neuronpedia ${sae.neuronpedia}`]),
    ])
    assert.strictEqual(new Set(names).size, names.length)
  })

  it("agrees with what each one's path says", () => {
    for (const sae of catalogue()) {
      const read = readSaePath(`/cache/models--${sae.repository.replace("/", "--")}/snapshots/1/${sae.file}`, sae.file)
      const said = read && [read.site, read.writes, read.layer, read.width].join()
      const known = sae.unread === undefined ? [sae.site, sae.writes, sae.layer, sae.width].join() : undefined
      if (said !== known) assert.fail(`${sae.file} is ${known}, and its path says ${said}`)
    }
  })
})
