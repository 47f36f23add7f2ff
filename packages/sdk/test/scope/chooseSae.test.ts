import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "vitest"
import { chooseSae } from "../../src/scope/chooseSae.ts"
import { openScope } from "../../src/scope/openScope.node.ts"
import { InvalidRequestError } from "../../src/words/Errors.ts"
import type { Site } from "../../src/words/Site.ts"
import { failureOf } from "../fixtures/failure.ts"
import { temporaryFolder } from "../fixtures/folders.ts"

/** How many labels lie beside each autoencoder; `undefined` where there is no file of them. */
type Layout = Readonly<Record<string, number | undefined>>

async function chosen(layout: Layout, wanted: Partial<Site> = {}): Promise<string> {
  await using folder = await temporaryFolder()
  for (const [place, labels] of Object.entries(layout)) {
    const file = join(folder.path, place, "params.npz")
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, "")
    if (labels === undefined) continue
    const entries = Array.from({ length: labels }, (_, index) => [index, { label: `feature ${index}` }])
    await writeFile(join(dirname(file), "labels.json"), JSON.stringify(Object.fromEntries(entries)))
  }
  const { file } = await chooseSae(await openScope(folder.path), wanted)
  return file.replace("/params.npz", "")
}

const bare: Layout = {
  "attn_z/layer_9/width_16k/average_l0_90": undefined,
  "resid_post/layer_2/width_16k/average_l0_90": undefined,
  "resid_post/layer_7/width_16k/average_l0_20": undefined,
  "resid_post/layer_7/width_16k/average_l0_110": undefined,
  "resid_post/layer_7/width_65k/average_l0_100": undefined,
}

describe("chooseSae", () => {
  it("takes the residual stream at the latest layer, the narrowest and canonical one, where nothing has a label", async () => {
    assert.strictEqual(await chosen(bare), "resid_post/layer_7/width_16k/average_l0_110")
    assert.strictEqual(await chosen(bare, { layer: 9 }), "attn_z/layer_9/width_16k/average_l0_90")
    assert.strictEqual(await chosen(bare, { layer: 2 }), "resid_post/layer_2/width_16k/average_l0_90")
  })

  it("takes what has labels, wherever that is", async () => {
    const one = "attn_z/layer_9/width_16k/average_l0_90"
    assert.strictEqual(await chosen({ ...bare, [one]: 3 }), one)
    const wide = "resid_post/layer_7/width_65k/average_l0_100"
    assert.strictEqual(await chosen({ ...bare, [wide]: 1 }), wide)
  })

  it("takes what has twice as many labels; a few more decide nothing", async () => {
    const [early, late] = ["mlp_out/layer_1/width_1k/average_l0_10", "resid_post/layer_4/width_1k/average_l0_30"]
    assert.strictEqual(await chosen({ [early]: 60, [late]: 20 }), early)
    assert.strictEqual(await chosen({ [early]: 60, [late]: 50 }), late)
  })

  it("does not look at labels of other places than those that were asked for", async () => {
    const early = "mlp_out/layer_1/width_1k/average_l0_10"
    assert.strictEqual(await chosen({ ...bare, [early]: 60 }, { site: "resid_post", layer: 2 }), Object.keys(bare)[1])
  })

  it("says what there is when asked for something else", async () => {
    const error = await failureOf(chosen(bare, { site: "mlp_out" }))
    assert.instanceOf(error, InvalidRequestError)
    assert.match(error.message, /attn_z at layer 9, resid_post at layer 2, resid_post at layer 7/)
  })
})
