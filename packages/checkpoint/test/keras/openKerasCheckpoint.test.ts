/** Folders that keras-hub wrote: Facet computes what keras-hub computes; and what damaged ones end in. */
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { File as Hdf5, ready } from "h5wasm/node"
import { Facet } from "@facet/sdk"
import { architectures } from "@facet/sdk/folders"
import { InvalidRequestError, isFacetError, ModelFileError, UnsupportedModelError } from "@facet/sdk/words"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { convertModel, openCheckpoint, openKerasCheckpoint } from "../../src/index.ts"
import { kerasPlace } from "../../src/keras/KerasSpelling.ts"
import { rejection } from "../fixtures/folders.ts"
import { unpacked } from "../fixtures/unpacked.ts"

interface Goldens {
  readonly text: string
  readonly ids: ReadonlyArray<number>
  readonly logprobs: Readonly<Record<string, ReadonlyArray<number>>>
}

const place = new URL("models/", import.meta.url)
const goldens: Goldens = JSON.parse(await readFile(new URL("goldens.json", place), "utf8"))

let root = ""
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "facet-keras-"))
  await unpacked(place, join(root, "models"))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const folderOf = (name: string): string => join(root, "models", name)

describe("a folder of keras-hub's, converted", () => {
  it.each(["gemma2", "gemma2-shards", "gemma3"])(
    "%s has its tokens, and each is worth what it is there",
    async (name) => {
      const model = join(root, `${name}-f32`)
      const { leftOut, warnings } = await convertModel(folderOf(name), model, { dtype: "f32" })
      assert.deepStrictEqual([leftOut, warnings], [[], []])
      await using facet = await Facet.open({ model, device: "cpu" })
      const { tokens } = await facet.score(goldens.text)
      assert.deepStrictEqual(
        tokens.map(({ id }) => id),
        goldens.ids,
      )
      const expected = goldens.logprobs[name] ?? assert.fail(`no goldens of ${name}`)
      const apart = tokens.slice(1).map(({ logprob }, i) => Math.abs((logprob ?? NaN) - expected[i]!))
      assert.isAbove(apart.length, 100)
      assert.isBelow(Math.max(...apart), 1e-3)
    },
    60_000,
  )

  it("is the same read row by row as read at once, and from the file as from its folder", async () => {
    const whole = await openCheckpoint(folderOf("gemma2"))
    const file = await openCheckpoint(join(folderOf("gemma2"), "model.weights.h5"))
    assert.strictEqual(whole.format, "keras")
    for (const [index, { read, spec }] of whole.tensors.entries()) {
      const all = await read(0, spec.rows)
      const other = file.tensors[index] ?? assert.fail(spec.name)
      for (let row = 0; row < spec.rows; row += 3) {
        const count = Math.min(3, spec.rows - row)
        assert.deepStrictEqual(
          await other.read(row, count),
          all.slice(row * spec.columns, (row + count) * spec.columns),
          spec.name,
        )
      }
    }
    await whole.close()
    await file.close()
  })
})

describe("the names of Keras's", () => {
  it.each(architectures)("are there for all of $title's tensors", ({ gguf }) => {
    for (const name of Object.keys(gguf.tensors)) {
      const own = name.startsWith("model.") ? name : `model.layers.0.${name}`
      assert.isAbove(kerasPlace(own, "block").paths.length, 0)
    }
  })
})

describe("a folder that is not whole", () => {
  /** A copy of a folder, changed, and what opening it ends in. */
  const changed = async (name: string, change: (folder: string) => Promise<unknown>): Promise<unknown> => {
    const folder = await mkdtemp(join(root, "changed-"))
    await cp(folderOf(name), folder, { recursive: true })
    await change(folder)
    const target = join(root, "never")
    const error = await rejection(convertModel(folder, target, { dtype: "f32" }))
    // Nothing is half written.
    assert.isFalse((await readdir(root)).some((entry) => entry.includes("never")))
    return error
  }
  const weights = (folder: string): string => join(folder, "model.weights.h5")
  const configured =
    (change: (config: Record<string, unknown>) => void) =>
    async (folder: string): Promise<void> => {
      const file = join(folder, "config.json")
      const json = JSON.parse(await readFile(file, "utf8"))
      change(json["config"])
      await writeFile(file, JSON.stringify(json))
    }

  it.each<readonly [string, string, (folder: string) => Promise<unknown>, string]>([
    [
      "gemma2",
      "without config.json",
      (folder) => rm(join(folder, "config.json")),
      "config.json: missing, and the weights",
    ],
    [
      "gemma2",
      "without its vocabulary",
      (folder) => rm(join(folder, "assets"), { recursive: true }),
      "vocabulary.spm: missing",
    ],
    [
      "gemma2",
      "cut in the middle",
      (folder) => truncate(weights(folder), 90_000),
      "no HDF5 file, truncated, or corrupt",
    ],
    ["gemma2", "cut in its header", (folder) => truncate(weights(folder), 40), "no HDF5 file, truncated, or corrupt"],
    [
      "gemma2",
      "that is no HDF5",
      (folder) => writeFile(weights(folder), "<html>"),
      "no HDF5 file, truncated, or corrupt",
    ],
    ["gemma2", "of a wider model", configured((own) => (own["hidden_dim"] = 64)), "config.json asks for ["],
    [
      "gemma2",
      "of a deeper model",
      configured((own) => (own["num_layers"] = 3)),
      "gemma_decoder_block_2/pre_attention_norm is missing",
    ],
    ["gemma2", "of a shallower model", configured((own) => (own["num_layers"] = 1)), "is none that this backbone has"],
    ["gemma2", "whose width is a word", configured((own) => (own["hidden_dim"] = "32")), "config.hidden_dim"],
    [
      "gemma2-shards",
      "without a shard",
      (folder) => rm(join(folder, "model_00001.weights.h5")),
      "model_00001.weights.h5: missing",
    ],
    [
      "gemma2-shards",
      "whose index leads elsewhere",
      (folder) => writeFile(join(folder, "model.weights.json"), '{"weight_map": {"a": "../x.h5"}}'),
      'names the file "../x.h5"',
    ],
    [
      "gemma3",
      "with other norms",
      configured((own) => (own["use_query_key_norm"] = false)),
      "Gemma3Backbone without use_query_key_norm",
    ],
  ])("%s %s is refused", async (name, _, change, problem) => {
    const error = await changed(name, change)
    assert.isTrue(isFacetError(error))
    assert.include(String(error), problem)
  })

  it("of another architecture is refused by its class", async () => {
    const error = await rejection(openKerasCheckpoint(folderOf("gemma1")))
    assert.instanceOf(error, UnsupportedModelError)
    assert.include(String(error), "Gemma 1")
    const other = await changed("gemma2", async (folder) => {
      const file = join(folder, "config.json")
      await writeFile(file, (await readFile(file, "utf8")).replace("GemmaBackbone", "BertBackbone"))
    })
    assert.instanceOf(other, UnsupportedModelError)
    assert.include(String(other), "BertBackbone")
  })

  it("with a variable more is refused: nothing is dropped in silence", async () => {
    await ready
    const error = await changed("gemma2", async (folder) => {
      const file = new Hdf5(weights(folder), "a")
      const name = "layers/gemma_decoder_block/gating_ffw/vars/1"
      file.create_dataset({ name, data: Int8Array.of(1, 2, 3), shape: [3] })
      file.close()
    })
    assert.instanceOf(error, ModelFileError)
    assert.include(String(error), "gating_ffw/vars/1 is none that this backbone has")
  })

  it("that is not there is said to be missing", async () => {
    const error = await rejection(openCheckpoint(join(root, "none.weights.h5")))
    assert.instanceOf(error, ModelFileError)
    assert.include(String(error), "none.weights.h5: missing")
  })

  it("with a link to another file is refused", async () => {
    await ready
    const error = await changed("gemma2", async (folder) => {
      const file = new Hdf5(weights(folder), "a")
      file.create_external_link("/etc/passwd", "/", "elsewhere")
      file.close()
    })
    assert.instanceOf(error, ModelFileError)
    assert.include(String(error), "elsewhere is a link")
  })
})

describe("formats that are known and not read", () => {
  it.each([
    ["model.nemo", Buffer.concat([Buffer.alloc(257), Buffer.from("ustar\0"), Buffer.alloc(300)]), "NeMo"],
    ["model.task", Buffer.from("PK\u0003\u0004rest"), "MediaPipe"],
    ["model.tflite", Buffer.from("\u001c\0\0\0TFL3"), "LiteRT"],
  ])("%s says what it is, and the way", async (name, bytes, word) => {
    await writeFile(join(root, name), bytes)
    const error = await rejection(openCheckpoint(join(root, name)))
    assert.instanceOf(error, InvalidRequestError)
    assert.include(String(error), word)
  })

  it("a checkpoint of JAX's says which program to run", async () => {
    const folder = await mkdtemp(join(root, "orbax-"))
    await writeFile(join(folder, "manifest.ocdbt"), "")
    const error = await rejection(openCheckpoint(folder))
    assert.instanceOf(error, InvalidRequestError)
    assert.include(String(error), "orbax")
  })
})
