/** Files that are damaged, or were made to do damage: a typed error each, and nothing outside the target. */
import { mkdir, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { isFacetError, ModelFileError } from "@facet/sdk/words"
import { assert, describe, it } from "vitest"
import { tries } from "../../../test/campaign.ts"
import { convertModel, openCheckpoint } from "../src/index.ts"
import { rejection, withFolder } from "./fixtures/folders.ts"
import { shapes, writeSource } from "./fixtures/sourceFolder.ts"

const shard = "model-00001-of-00002.safetensors"
const index = "model.safetensors.index.json"

const withSource = (use: (source: string, root: string) => Promise<void>): Promise<void> =>
  withFolder(async (root) => {
    const source = join(root, "source")
    await mkdir(source)
    await writeSource(source, "sound")
    await use(source, root)
  })

/** What opening says once a folder was changed. */
const refusal = async (source: string): Promise<string> => {
  const error = await rejection(openCheckpoint(source))
  assert.instanceOf(error, ModelFileError)
  return String(error)
}

type Header = Record<string, { dtype: string; shape: Array<number>; data_offsets: [number, number] }>

/** Writes a shard's header anew. */
const changeHeader = async (source: string, change: (header: Header) => void): Promise<void> => {
  const path = join(source, shard)
  const bytes = await readFile(path)
  const length = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString())
  change(header)
  const json = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(json.length))
  await writeFile(path, Buffer.concat([prefix, json, bytes.subarray(8 + length)]))
}

const changeIndex = async (source: string, change: (map: Record<string, unknown>) => void): Promise<void> => {
  const path = join(source, index)
  const { weight_map: map } = JSON.parse(await readFile(path, "utf8"))
  change(map)
  await writeFile(path, JSON.stringify({ weight_map: map }))
}

const embedding = "model.embed_tokens.weight"

describe("openSafetensorsCheckpoint", () => {
  it("makes tokenizer.json of a tokenizer.model where there is no other", () =>
    withSource(async (source) => {
      const vocabulary = await readFile(new URL("sbs/models/tokenizer.spm", import.meta.url))
      await rm(join(source, "tokenizer.json"))
      await writeFile(join(source, "tokenizer.model"), vocabulary)
      const { texts } = await openCheckpoint(source)
      assert.deepStrictEqual([...texts.keys()], ["tokenizer.json", "tokenizer_config.json"])
      const tokenizer = JSON.parse(new TextDecoder().decode(texts.get("tokenizer.json")))
      assert.strictEqual(tokenizer.model.vocab["▁fox"], 269)
      assert.deepInclude(tokenizer.added_tokens[4], { content: "<start_of_turn>", special: true })
      await writeFile(join(source, "tokenizer.model"), vocabulary.subarray(0, 300))
      assert.include(await refusal(source), "tokenizer.model is ")
    }))

  it("reads rows of a tensor as they are", () =>
    withSource(async (source) => {
      const { format, tensors, texts } = await openCheckpoint(source)
      assert.strictEqual(format, "safetensors")
      assert.deepStrictEqual([...texts.keys()], ["tokenizer.json"])
      // The head is a copy of the embedding.
      assert.strictEqual(tensors.length, shapes().size - 1)
      const [first] = tensors
      assert.strictEqual(first?.encoding, "BF16")
      const whole = await first?.read(0, 300)
      assert.deepStrictEqual(await first?.read(7, 2), whole?.slice(7 * 32, 9 * 32))
    }))

  it.each<readonly [string, (header: Header) => void, string]>([
    ["offsets that overlap", (h) => (h[embedding]!.data_offsets = [2, 2 + 300 * 64]), "overlap"],
    ["offsets outside the file", (h) => (h[embedding]!.data_offsets = [2 ** 40, 2 ** 40 + 300 * 64]), "truncated"],
    ["offsets before the data", (h) => (h[embedding]!.data_offsets = [-64, 300 * 64 - 64]), "data_offsets"],
    ["a shape of 2^60 elements", (h) => (h[embedding]!.shape = [2 ** 30, 2 ** 30]), "takes"],
    ["an unknown dtype", (h) => (h[embedding]!.dtype = "F4"), "unknown dtype"],
    ["a dtype that no model is published in", (h) => Object.assign(h[embedding]!, { dtype: "I16" }), "is I16"],
    ["another shape", (h) => (h[embedding]!.shape = [32, 300]), "is BF16 [32, 300]"],
    ["a tensor that is missing", (h) => delete h[embedding], "is missing"],
  ])("refuses %s", (_, change, said) =>
    withSource(async (source) => {
      await changeHeader(source, change)
      assert.include(await refusal(source), said)
    }),
  )

  it("refuses a header that claims 2^60 bytes", () =>
    withSource(async (source) => {
      const bytes = await readFile(join(source, shard))
      bytes.writeBigUInt64LE(2n ** 60n)
      await writeFile(join(source, shard), bytes)
      assert.include(await refusal(source), "its header would have 1152921504606846976 bytes")
    }))

  it.each([
    ["../other.safetensors", "is no .safetensors file of this folder"],
    ["/etc/passwd", "is no .safetensors file of this folder"],
    ["..\\other.safetensors", "is no .safetensors file of this folder"],
    ["model\u0000.safetensors", "cannot be read"],
    ["model-00009-of-00002.safetensors", "missing"],
    [7, "is no .safetensors file of this folder"],
  ])("refuses an index that sends a tensor to %j", (file, said) =>
    withSource(async (source) => {
      await changeIndex(source, (map) => (map[embedding] = file))
      assert.include(await refusal(source), said)
    }),
  )

  it("refuses tensors whose names are paths, and writes nothing", () =>
    withSource(async (source, root) => {
      await changeHeader(source, (header) => {
        header["../../escaped"] = header[embedding]!
        delete header[embedding]
      })
      await changeIndex(source, (map) => {
        map["../../escaped"] = shard
        delete map[embedding]
      })
      assert.instanceOf(await rejection(convertModel(source, join(root, "target"))), ModelFileError)
      assert.deepStrictEqual(await readdir(root), ["source"])
    }))

  it("refuses a file that is cut at any byte", () =>
    withSource(async (source) => {
      const whole = await readFile(join(source, shard))
      const header = 8 + Number(whole.readBigUInt64LE(0))
      const cuts = [0, 1, 7, 8, 9, header - 1, header, header + 1, whole.length - 1]
      for (const length of cuts) {
        await writeFile(join(source, shard), whole)
        await truncate(join(source, shard), length)
        assert.match(await refusal(source), /truncated|not JSON|length/, `cut at ${length}`)
      }
    }))

  it("refuses a folder without a tokenizer, which would open nowhere", () =>
    withSource(async (source) => {
      await rm(join(source, "tokenizer.json"))
      assert.match(await refusal(source), /tokenizer\.json: missing/)
    }))

  it("ends thousands of random changes in a checkpoint or a typed error", () =>
    withSource(async (source) => {
      // Without a head there is nothing to compare with the embedding each time.
      await changeIndex(source, (map) => delete map["lm_head.weight"])
      const path = join(source, shard)
      const whole = await readFile(path)
      const header = 8 + Number(whole.readBigUInt64LE(0))
      let state = 1
      const random = (below: number): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        return Math.floor((state / 2 ** 32) * below)
      }
      let refused = 0
      await using file = await open(path, "r+")
      for (let i = 0; i < tries(1000); i++) {
        const places = Array.from({ length: 1 + random(3) }, () => random(header))
        for (const at of places) await file.write(Uint8Array.of(random(256)), 0, 1, at)
        const error = await rejection(openCheckpoint(source))
        for (const at of places) await file.write(whole, at, 1, at)
        if (error === undefined) continue
        refused++
        assert.isTrue(isFacetError(error))
      }
      assert.isAbove(refused, tries(1000) / 2)
    }))
})
