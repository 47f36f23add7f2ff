import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { InvalidRequestError, ModelFileError } from "@facet/sdk/words"
import { openFolder, openTensors, quantiseMatrix, readModel, toFloat32 } from "@facet/sdk/folders"
import { assert, describe, it } from "vitest"
import { convertWith } from "../src/convertModel.ts"
import { convertModel, type ConvertOptions, type Dtype, type Manifest, manifestFile } from "../src/index.ts"
import { rejection, withFolder } from "./fixtures/folders.ts"
import { type Kind, shapes, sourceWeights, writeSource } from "./fixtures/sourceFolder.ts"

/** A source, and a target that is not there yet. */
const withFolders = (kind: Kind, use: (source: string, target: string, root: string) => Promise<void>): Promise<void> =>
  withFolder(async (root) => {
    const source = join(root, "source")
    await mkdir(source)
    await writeSource(source, kind)
    await use(source, join(root, "target"), root)
  })

/** A folder as the engine opens it. */
const opened = async (folder: string) => {
  const files = await openFolder(folder)
  const model = await readModel(files)
  const located = await openTensors(files, model)
  const bytesOf = (name: string) => {
    const { file, length, offset } = located.tensors.get(name)!
    return files.readRange(file, offset, length)
  }
  return { ...located, bytesOf, config: model.config }
}

const contents = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const names = (await readdir(folder)).toSorted()
  const entries = names.map(async (name) => [name, (await readFile(join(folder, name))).toString("base64")] as const)
  return new Map(await Promise.all(entries))
}

const manifestOf = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, manifestFile), "utf8"))

const down = "model.layers.1.mlp.down_proj.weight"

describe("convertModel", () => {
  it.each([4, 8] as const)("writes a folder that opens, with the weights of the source in %i bits", (bits) =>
    withFolders("sound", async (source, target) => {
      const quantization = { bits, blockSize: 32 }
      const seen: Array<string> = []
      let last = { loadedBytes: 0, totalBytes: -1 }
      const onProgress: ConvertOptions["onProgress"] = (progress) => {
        seen.push(progress.tensor)
        assert.isAbove(progress.loadedBytes, last.loadedBytes)
        last = progress
      }
      const { leftOut, warnings } = await convertModel(source, target, { dtype: `q${bits}`, onProgress })
      assert.deepStrictEqual([leftOut, warnings], [[], []])
      const { bytesOf, config, tensors, unknown } = await opened(target)
      assert.deepStrictEqual(config.quantization, quantization)
      assert.deepStrictEqual(unknown, [])
      assert.strictEqual(seen.length, shapes().size - 1)
      assert.strictEqual(last.loadedBytes, last.totalBytes)
      assert.strictEqual(await readFile(join(target, "tokenizer.json"), "utf8"), "{}")
      for (const { dtype, offset } of tensors.values()) assert.isTrue(dtype === "U8" || offset % 4 === 0)
      const expected = quantiseMatrix(sourceWeights(down), 32, 64, quantization)
      assert.deepStrictEqual(await bytesOf(down), expected.data)
      assert.deepStrictEqual(toFloat32(await bytesOf(`${down}_scale`), "F32"), expected.scales)
      assert.deepStrictEqual(toFloat32(await bytesOf("model.norm.weight"), "F32"), sourceWeights("model.norm.weight"))
    }),
  )

  it("writes plain weights: f32 as they are, f16 rounded", () =>
    withFolders("sound", async (source, target, root) => {
      await convertModel(source, target, { dtype: "f32" })
      const exact = await opened(target)
      assert.isNull(exact.config.quantization)
      // Python's readers refuse `30` where they have a float.
      assert.match(await readFile(join(target, "config.json"), "utf8"), /"final_logit_softcapping": 30\.0,?\n/)
      assert.deepStrictEqual(toFloat32(await exact.bytesOf(down), "F32"), sourceWeights(down))
      await convertModel(source, join(root, "half"), { dtype: "f16" })
      const half = toFloat32(await (await opened(join(root, "half"))).bytesOf(down), "F16")
      sourceWeights(down).forEach((value, i) => assert.closeTo(half[i]!, value, Math.abs(value) * 2 ** -11 + 2 ** -25))
    }))

  it.each<readonly [ConvertOptions, Record<"weights" | "embedding" | "head", string>]>([
    [
      { dtype: "q4", embedding: "q8" },
      { weights: "q4:32", embedding: "q8:32", head: "q8:32" },
    ],
    [
      { dtype: "q4", embedding: "q4", head: "q8" },
      { weights: "q4:32", embedding: "q4:32", head: "q8:32" },
    ],
    [
      { dtype: "q8", embedding: "f16", head: "q4" },
      { weights: "q8:32", embedding: "f16", head: "q4:32" },
    ],
    [
      { dtype: "f32", head: "q8" },
      { weights: "f32", embedding: "f32", head: "q8:32" },
    ],
  ])("packs the embedding and the output head apart: %j", (options, expected) =>
    withFolders("sound", async (source, target) => {
      await convertModel(source, target, options)
      const { specs, tensors } = await opened(target)
      const isApart = expected.head !== expected.embedding
      assert.strictEqual(specs.at(-1)?.name === "lm_head", isApart)
      assert.strictEqual(tensors.has("lm_head.weight"), isApart)
      const { weights, embedding: ids, head } = await manifestOf(target)
      assert.deepStrictEqual({ weights, embedding: ids, head }, expected)
    }),
  )

  it("keeps an output head that is not the embedding", () =>
    withFolders("otherHead", async (source, target) => {
      await convertModel(source, target, { dtype: "q8" })
      const { specs } = await opened(target)
      assert.deepStrictEqual(specs.at(-1), { name: "lm_head", kind: "matrix", rows: 300, columns: 32 })
    }))

  it("spreads a large model over shards with an index", () =>
    withFolders("sound", async (source, target, root) => {
      await convertModel(source, target)
      const whole = await opened(target)
      const parts = join(root, "parts")
      await convertWith(source, parts, {}, { shardBytes: 4096 })
      const shards = (await readdir(parts)).filter((name) => name.endsWith(".safetensors"))
      assert.isAbove(shards.length, 2)
      const sharded = await opened(parts)
      for (const name of whole.tensors.keys()) {
        assert.deepStrictEqual(await sharded.bytesOf(name), await whole.bytesOf(name))
      }
    }))

  it("writes the same bytes again, on however many threads", () =>
    withFolders("sound", async (source, target, root) => {
      await convertWith(source, target, {}, { threads: 0 })
      const expected = await contents(target)
      for (const threads of [0, 1, 3]) {
        const again = join(root, `${threads}`)
        await convertWith(source, again, {}, { threads })
        assert.deepStrictEqual(await contents(again), expected)
      }
    }))

  it("says in a manifest where it comes from, and the checksum of every file", () =>
    withFolders("sound", async (source, target) => {
      const origin = { id: "google/gemma-2-2b-it", revision: "abc", licence: "gemma" }
      const { bytes } = await convertModel(source, target, { origin })
      const { files, source: from, tool } = await manifestOf(target)
      assert.deepStrictEqual(from, { ...origin, format: "safetensors" })
      assert.match(tool, /^@facet\/checkpoint \d/)
      assert.deepStrictEqual(
        Object.keys(files).toSorted(),
        (await readdir(target)).filter((n) => n !== manifestFile),
      )
      for (const [name, sum] of Object.entries(files)) {
        const content = await readFile(join(target, name))
        const sha256 = createHash("sha256").update(content).digest("hex")
        assert.deepStrictEqual(sum, { bytes: content.length, sha256 }, name)
      }
      assert.strictEqual(
        bytes,
        Object.values(files).reduce((sum, file) => sum + file.bytes, 0),
      )
      await convertModel(source, target)
      assert.strictEqual((await manifestOf(target)).source.id, "source")
    }))
})

describe("a conversion that does not end well", () => {
  it("leaves nothing when it is aborted or fails, and an earlier one's folder as it was", () =>
    withFolders("sound", async (source, target, root) => {
      for (const threads of [0, 2]) {
        const ending = new AbortController()
        const onProgress = () => ending.abort(new Error("enough"))
        const error = await rejection(convertWith(source, target, { onProgress, signal: ending.signal }, { threads }))
        assert.strictEqual(String(error), "Error: enough")
        assert.deepStrictEqual(await readdir(root), ["source"])
      }
      await convertModel(source, target)
      const before = await contents(target)
      await writeSource(source, "damaged")
      for (const threads of [0, 2]) {
        const error = await rejection(convertWith(source, target, {}, { threads }))
        assert.instanceOf(error, ModelFileError)
        assert.include(String(error), "holds NaN")
        assert.deepStrictEqual(await readdir(root), ["source", "target"])
        assert.deepStrictEqual(await contents(target), before)
      }
    }))

  it("leaves nothing that opens when it is killed, and what it leaves is cleared away by the next one", () =>
    withFolders("sound", async (source, target, root) => {
      const script = fileURLToPath(new URL("fixtures/convertSlowly.ts", import.meta.url))
      const child = spawn(process.execPath, [script, source, target], { stdio: ["ignore", "pipe", "inherit"] })
      await once(child.stdout, "data")
      child.kill("SIGKILL")
      await once(child, "exit")
      const left = (await readdir(root)).filter((name) => name !== "source")
      assert.strictEqual(left.length, 1)
      assert.match(left[0]!, /^\.target\.facet-/)
      assert.isNotNull(await rejection(opened(join(root, left[0]!))))
      await convertModel(source, target)
      assert.deepStrictEqual((await readdir(root)).toSorted(), ["source", "target"])
    }))
})

it("writes where a link points, also where nothing is yet", () =>
  withFolders("sound", async (source, target, root) => {
    await symlink("target", join(root, "link"))
    await convertModel(source, join(root, "link"))
    assert.isTrue((await lstat(join(root, "link"))).isSymbolicLink())
    assert.include(await readdir(target), manifestFile)
  }))

describe("what a conversion refuses", () => {
  const refusal = async (source: string, target: string, options: unknown = {}): Promise<string> => {
    // As JavaScript may pass it.
    const error = await rejection(convertModel(source, target, options as ConvertOptions))
    assert.instanceOf(error, InvalidRequestError)
    return String(error)
  }

  it("the source's folder as target, or a place in it or around it, by whatever way it is named", () =>
    withFolders("sound", async (source, _, root) => {
      await symlink(source, join(root, "link"))
      assert.include(await refusal(source, source), "the source itself")
      assert.include(await refusal(source, join(root, "link")), "the source itself")
      assert.include(await refusal(source, join(root, "link", "deep", "down")), "in the source's folder")
      assert.include(await refusal(join(root, "link"), join(source, "q4")), "in the source's folder")
      assert.include(await refusal(source, root), "the source lies in it")
      assert.include(await refusal(source, ""), "target: it names nothing")
      assert.include(await refusal("", join(root, "out")), "source: it names nothing")
    }))

  it("a target that holds what no conversion wrote", () =>
    withFolders("sound", async (source, target) => {
      await mkdir(target)
      await writeFile(join(target, "diary.txt"), "dear diary")
      assert.include(await refusal(source, target), "diary.txt")
      assert.include(await refusal(source, join(target, "diary.txt")), "is a file")
      assert.deepStrictEqual(await readdir(target), ["diary.txt"])
    }))

  it("options that make no sense, and blocks that do not divide a row", () =>
    withFolders("sound", async (source, target, root) => {
      assert.include(await refusal(source, target, { block: 64 }), "do not divide the rows of model.embed_tokens")
      assert.include(await refusal(source, target, { block: 0 }), "block: 0 is none of")
      for (const option of ["dtype", "embedding", "head"]) {
        assert.include(await refusal(source, target, { [option]: "q5" }), `${option}: "q5" is none of`)
      }
      assert.deepStrictEqual(await readdir(root), ["source"])
    }))

  it("a source that is quantised already", () =>
    withFolders("sound", async (source, target, root) => {
      await convertModel(source, target)
      assert.include(await refusal(target, join(root, "again")), "quantised already")
    }))

  it("a tensor that the architecture does not have", () =>
    withFolders("otherTensor", async (source, target) => {
      const error = await rejection(convertModel(source, target, { dtype: "q8" }))
      assert.instanceOf(error, ModelFileError)
      assert.include(String(error), "value_head.weight")
    }))

  it.each<Dtype>(["q4", "q8", "f16", "f32"])("weights that are not finite, as %s", (dtype) =>
    withFolders("damaged", async (source, target) => {
      assert.include(String(await rejection(convertModel(source, target, { dtype }))), "holds NaN")
    }),
  )
})
