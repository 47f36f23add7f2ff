import { createHash } from "node:crypto"
import { mkdir, readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { filesIn, openFolder } from "@facet/sdk/folders"
import { gemmaFolder } from "@facet/tiny"
import { ModelFileError, StorageError } from "@facet/sdk/words"
import { assert, describe, it } from "vitest"
import { type ConversionTarget, convertFiles, convertModel, manifestFile } from "../src/index.ts"
import { rejection, withFolder } from "./fixtures/folders.ts"
import { writeSource } from "./fixtures/sourceFolder.ts"

/** Files in memory, as a place without a disk would keep them. */
class MemoryTarget implements ConversionTarget {
  readonly files = new Map<string, Uint8Array>()
  readonly room: number
  /** Files that were brought to the disk, in that order. */
  readonly finished: Array<string> = []
  needed = 0

  constructor(room = Infinity) {
    this.room = room
  }

  async checkRoom(bytes: number): Promise<void> {
    this.needed = bytes
    if (bytes > this.room) throw new StorageError({ problem: `${bytes} are needed`, remedy: "Make room." })
  }

  async create(name: string, size: number): Promise<void> {
    this.files.set(name, new Uint8Array(size))
  }

  async open(name: string) {
    const bytes = this.files.get(name) ?? assert.fail(`${name} was not made`)
    return {
      write: async (part: Uint8Array, at: number) => bytes.set(part, at),
      close: async () => {},
    }
  }

  async finish(name: string) {
    this.finished.push(name)
    const bytes = this.files.get(name) ?? assert.fail(`${name} was not made`)
    return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.files.set(name, bytes)
    this.finished.push(name)
  }
}

const withSource = (
  kind: Parameters<typeof writeSource>[1],
  use: (source: string, root: string) => Promise<void>,
): Promise<void> =>
  withFolder(async (root) => {
    const source = join(root, "source")
    await mkdir(source)
    await writeSource(source, kind)
    await use(source, root)
  })

const origin = { id: "google/gemma-2-2b-it" }

describe("convertFiles", () => {
  it.each(["q4", "q8", "int8", "f16", "f32"] as const)("writes what convertModel writes, as %s", (dtype) =>
    withSource("sound", async (source, root) => {
      const expected = join(root, "expected")
      const node = await convertModel(source, expected, { dtype, origin })
      const target = new MemoryTarget()
      const { bytes } = await convertFiles({ files: await openFolder(source), origin }, target, { dtype })
      assert.strictEqual(bytes, node.bytes)
      assert.deepStrictEqual([...target.files.keys()].toSorted(), (await readdir(expected)).toSorted())
      for (const [name, content] of target.files) {
        assert.isTrue(Buffer.from(content).equals(await readFile(join(expected, name))), name)
      }
      // What it was told that it needs.
      const manifest = target.files.get(manifestFile)?.length ?? 0
      assert.strictEqual(
        target.needed,
        [...target.files.values()].reduce((sum, { length }) => sum + length, -manifest),
      )
    }),
  )

  it("reads one file of a folder as a GGUF, and gives what convertModel gives of it", () =>
    withFolder(async (root) => {
      await convertModel(gemmaFolder, join(root, "tiny.gguf"), { dtype: "f16" })
      await convertModel(join(root, "tiny.gguf"), join(root, "expected"), { origin })
      const target = new MemoryTarget()
      await convertFiles({ files: filesIn(root), gguf: "tiny.gguf", origin }, target)
      for (const [name, content] of target.files) {
        assert.isTrue(Buffer.from(content).equals(await readFile(join(root, "expected", name))), name)
      }
    }))

  it("writes config.json last, without which nothing opens", () =>
    withSource("sound", async (source) => {
      const target = new MemoryTarget()
      await convertFiles({ files: await openFolder(source), origin }, target)
      assert.strictEqual(target.finished.at(-1), "config.json")
      assert.strictEqual(target.finished[0], "model.safetensors")
    }))

  it("asks for room before it writes", () =>
    withSource("sound", async (source) => {
      const target = new MemoryTarget(1000)
      const error = await rejection(convertFiles({ files: await openFolder(source), origin }, target))
      assert.instanceOf(error, StorageError)
      assert.strictEqual(target.files.size, 0)
    }))

  it("ends with the first thing that is wrong, and with nothing under way", () =>
    withSource("damaged", async (source) => {
      const target = new MemoryTarget()
      const error = await rejection(convertFiles({ files: await openFolder(source), origin }, target))
      assert.instanceOf(error, ModelFileError)
      assert.include(String(error), "holds NaN")
      assert.isFalse(target.files.has("config.json"))
    }))

  it("ends when it is aborted", () =>
    withSource("sound", async (source) => {
      const ending = new AbortController()
      const onProgress = () => ending.abort(new Error("enough"))
      const target = new MemoryTarget()
      const options = { onProgress, signal: ending.signal }
      const error = await rejection(convertFiles({ files: await openFolder(source), origin }, target, options))
      assert.strictEqual(String(error), "Error: enough")
      assert.isFalse(target.files.has("config.json"))
    }))
})
