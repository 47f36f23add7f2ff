/** Files in gemma.cpp's layout, against the weights that their writer put in; and what damaged ones end in. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { filesIn, openSafetensorsFile, toFloat32 } from "@facet/sdk/folders"
import { Facet } from "@facet/sdk"
import { isFacetError, ModelFileError, UnsupportedModelError } from "@facet/sdk/words"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { convertModel, openCheckpoint, openSbsCheckpoint } from "../../src/index.ts"
import { readSbsCheckpoint } from "../../src/sbs/readSbsCheckpoint.ts"
import { readBlobs } from "../../src/sbs/readBlobs.ts"
import { rejection } from "../fixtures/folders.ts"
import { unpacked } from "../fixtures/unpacked.ts"

let root = ""
let models = ""
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "facet-sbs-"))
  models = join(root, "models")
  await unpacked(new URL("models/", import.meta.url), models)
})
afterAll(() => rm(root, { recursive: true, force: true }))

const fileOf = (name: string): string => join(models, `${name}.sbs`)

describe("a file of gemma.cpp's", () => {
  // Stacked tensors with the directory at the end; those of before May 2025; tensors apart, with norms of heads.
  it.each(["single", "letters", "split"])("%s holds the weights that were written, exactly", async (name) => {
    const { close, format, leftOut, tensors } = await openCheckpoint(fileOf(name))
    const files = filesIn(models)
    const expected = await openSafetensorsFile(files, `${name}.safetensors`)
    assert.strictEqual(format, "sbs")
    assert.strictEqual(tensors.length, expected.size)
    for (const { read, spec } of tensors) {
      const { length, offset } = expected.get(`${spec.name}.weight`) ?? assert.fail(spec.name)
      const wanted = toFloat32(await files.readRange(`${name}.safetensors`, offset, length), "F32")
      assert.deepStrictEqual(await read(0, spec.rows), wanted, spec.name)
      for (let row = 0; row < spec.rows; row += 5) {
        const count = Math.min(5, spec.rows - row)
        assert.deepStrictEqual(await read(row, count), wanted.slice(row * spec.columns, (row + count) * spec.columns))
      }
    }
    assert.deepStrictEqual(leftOut, name === "split" ? ["the vision tower"] : [])
    await close()
  })

  it("is read the same from wherever its folder's files come", async () => {
    const files = filesIn(models)
    const { close, root: path, tensors } = await readSbsCheckpoint({ files, root: "here", name: "single.sbs" })
    const { tensors: expected } = await openSbsCheckpoint(fileOf("single"))
    assert.strictEqual(path, "here")
    assert.deepStrictEqual(await tensors[0]!.read(0, 3), await expected[0]!.read(0, 3))
    await close()
  })

  it("says its model in the words of config.json", async () => {
    const single = await openSbsCheckpoint(fileOf("single"))
    assert.strictEqual(single.model.architecture.title, "Gemma 2")
    assert.deepInclude(single.config, {
      hidden_size: 32,
      intermediate_size: 36,
      head_dim: 8,
      query_pre_attn_scalar: 8,
      sliding_window: 16,
      layer_types: ["sliding_attention", "full_attention"],
      attn_logit_softcapping: 20,
      final_logit_softcapping: 5,
      bos_token_id: 2,
      eos_token_id: [1, 5],
      max_position_embeddings: 256,
    })
    const split = await openSbsCheckpoint(fileOf("split"))
    assert.strictEqual(split.model.architecture.title, "Gemma 3")
    assert.deepInclude(split.config, {
      final_logit_softcapping: null,
      rope_theta: 1_000_000,
      rope_scaling: { rope_type: "linear", factor: 8 },
    })
  })

  it("tells what packing anew costs", async () => {
    const { warnings } = await openSbsCheckpoint(fileOf("single"))
    assert.strictEqual(warnings.length, 2)
    assert.match(warnings.join("\n"), /matrices are in SFP[^]*matrices are in NUQ/)
  })

  it("becomes a folder that opens and answers", async () => {
    const model = join(root, "converted")
    await convertModel(fileOf("single"), model, { dtype: "f32" })
    await using facet = await Facet.open({ model, device: "cpu" })
    const { tokens } = await facet.score("the fox and the ox")
    assert.isAbove(tokens.length, 4)
    assert.isTrue(tokens.slice(1).every(({ logprob }) => Number.isFinite(logprob)))
  }, 30_000)

  it("is found in its folder, where it is the only one", async () => {
    const folder = await mkdtemp(join(root, "folder-"))
    await copyFile(fileOf("single"), join(folder, "2b-it-sfp.sbs"))
    const { close, format } = await openCheckpoint(folder)
    assert.strictEqual(format, "sbs")
    await close()
  })
})

describe("a damaged file of gemma.cpp's", () => {
  /** A copy, changed in place, and what converting it ends in. */
  const changed = async (name: string, change: (path: string) => Promise<unknown>): Promise<unknown> => {
    const folder = await mkdtemp(join(root, "changed-"))
    const path = join(folder, "x.sbs")
    await copyFile(fileOf(name), path)
    if (name === "letters")
      for (const one of ["config.json", "tokenizer.spm"]) await copyFile(join(models, one), join(folder, one))
    await change(path)
    const error = await rejection(convertModel(path, join(folder, "out"), { dtype: "f32" }))
    // Nothing is half written.
    assert.isFalse((await readdir(folder)).some((entry) => entry.includes("out")))
    return error
  }
  /** Bytes at a place of a blob. */
  const patched =
    (blob: string, at: number, bytes: ReadonlyArray<number>) =>
    async (path: string): Promise<void> => {
      const blobs = await readBlobs(filesIn(join(path, "..")), basename(path))
      const file = await readFile(path)
      file.set(bytes, (blobs.get(blob)?.offset ?? assert.fail(blob)) + at)
      await writeFile(path, file)
    }
  /** Another text of the same length, wherever it is. */
  const renamed =
    (from: string, to: string) =>
    async (path: string): Promise<void> => {
      const file = await readFile(path)
      for (let at = file.indexOf(from); at >= 0; at = file.indexOf(from, at + 1)) file.write(to, at, "latin1")
      await writeFile(path, file)
    }

  it.each<readonly [string, string, (path: string) => Promise<unknown>, string]>([
    ["single", "cut at its end", (path) => truncate(path, 60_000), "truncated: its directory"],
    ["letters", "cut at its end", (path) => truncate(path, 9000), "truncated: it has 9000 bytes, and should have"],
    ["single", "cut to nothing", (path) => truncate(path, 7), "truncated: it has 7 bytes"],
    ["single", "of another format", (path) => writeFile(path, "x".repeat(100)), "does not begin with SBS"],
    [
      "single",
      "without a tensor",
      renamed("gating_ein_1", "gating_xxx_1"),
      "the tensor gating_ein_1 or gating1_w_1 is missing",
    ],
    ["single", "without its table of contents", renamed("toc\0", "tic\0"), "the tensor c_embedding is missing"],
    ["single", "with an unknown type", patched("toc", 4 * 5, [8]), "the tensor c_embedding is of the type i8"],
    ["single", "with a type from the future", patched("toc", 4 * 5, [99]), "is of the type unknown"],
    ["single", "whose fields are cut", patched("toc", 0, [255, 255]), "record of its fields is longer"],
    ["single", "of another model's width", patched("config", 4 * 10, [64]), "config asks for ["],
    ["single", "with a damaged tokenizer", patched("tokenizer", 0, [255, 255, 255]), "no SentencePiece model"],
    [
      "letters",
      "without the model's config.json",
      (path) => rm(join(path, "../config.json")),
      "does not say the shape of its model",
    ],
    ["letters", "without its tokenizer", (path) => rm(join(path, "../tokenizer.spm")), "it has no tokenizer"],
    ["letters", "in NUQ", renamed("$gating_ein_0", "2gating_ein_0"), "either of two orders"],
    ["letters", "in int8", renamed("$gating_ein_0", "Igating_ein_0"), "is of the type i8"],
    ["letters", "with a tensor more", renamed("$gating_ein_0", "$gating_xin_0"), "is missing"],
  ])("%s, %s, is refused", async (name, _, change, problem) => {
    const error = await changed(name, change)
    assert.instanceOf(error, ModelFileError)
    assert.include(String(error), problem)
  })

  it("of another model is refused by its name", async () => {
    // Norms after attention and MLP are what tells a Gemma 2 from the first.
    const error = await changed("single", async (path) => {
      const words = (await readFile(path)).indexOf(
        Buffer.from(Uint32Array.of(32, 0, 36, 4, 2, 8, 0, 0, 0, 0, 1).buffer),
      )
      for (const layer of [0, 1]) {
        const file = await readFile(path)
        file[words + layer * 16 * 4 + 40] = 0
        await writeFile(path, file)
      }
    })
    assert.instanceOf(error, UnsupportedModelError)
    assert.include(String(error), "Gemma2_Small")
  })

  it("is refused by what is wrong, wherever a byte of its directory or fields is another", async () => {
    const folder = join(root, "fuzzed")
    await mkdir(folder)
    const path = join(folder, "x.sbs")
    const bytes = await readFile(fileOf("split"))
    const blobs = await readBlobs(filesIn(models), "split.sbs")
    const parts = ["toc", "config"].map((name) => blobs.get(name) ?? assert.fail(name))
    const places = [{ offset: 0, length: 16 + 32 * blobs.size }, ...parts].flatMap(({ length, offset }) =>
      Array.from({ length: Math.ceil(length / 61) }, (_, i) => offset + i * 61),
    )
    for (const place of places) {
      const changedBytes = Uint8Array.from(bytes)
      changedBytes[place]! ^= 0x51
      await writeFile(path, changedBytes)
      const error = await rejection(openCheckpoint(path))
      // Some bytes say nothing that could be wrong: a name for people, a rank of the exporter's.
      if (error === undefined) continue
      assert.isTrue(isFacetError(error), `byte ${place}`)
    }
  }, 20_000)
})
