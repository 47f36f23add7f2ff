/** Models that llama.cpp has split, read as one. */
import { cp, rm } from "node:fs/promises"
import { basename, join } from "node:path"
import { convertModel } from "@facet/checkpoint"
import { gemmaFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, expect, it } from "vitest"
import { filesIn } from "../../../src/files/disk/openFolder.node.ts"
import { ggufParts } from "../../../src/files/gguf/ggufParts.ts"
import { openGguf } from "../../../src/files/gguf/openGguf.ts"
import { openGgufParts } from "../../../src/files/gguf/openGgufParts.ts"
import { failureOf } from "../../fixtures/failure.ts"
import { temporaryFolder } from "../../fixtures/folders.ts"
import { splitGguf } from "../../fixtures/splitGguf.ts"

describe("ggufParts", () => {
  it.each([
    ["x.gguf", ["x.gguf"]],
    ["a/x-00002-of-00003.gguf", [1, 2, 3].map((part) => `a/x-0000${part}-of-00003.gguf`)],
    ["x-00001-of-00001.GGUF", ["x-00001-of-00001.GGUF"]],
    ["x-00000-of-00002.gguf", ["x-00000-of-00002.gguf"]],
    ["x-00003-of-00002.gguf", ["x-00003-of-00002.gguf"]],
    ["x-1-of-2.gguf", ["x-1-of-2.gguf"]],
  ])("of %s are %j", (name, parts) => {
    assert.deepStrictEqual(ggufParts(name), parts)
  })
})

describe("openGgufParts", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let names: ReadonlyArray<string>
  beforeAll(async () => {
    folder = await temporaryFolder()
    const whole = join(folder.path, "whole.gguf")
    await convertModel(gemmaFolder, whole, { dtype: "q8" })
    names = (await splitGguf(whole, join(folder.path, "part"), 3)).map((path) => basename(path))
  })
  afterAll(() => folder[Symbol.asyncDispose]())
  const open = (name: string) => openGgufParts(filesIn(folder.path), name)

  it("gives the metadata of the first and the tensors of all, by whichever is named", async () => {
    const whole = await openGguf(filesIn(folder.path), "whole.gguf")
    for (const name of names) {
      const { metadata, tensors } = await open(name)
      assert.strictEqual(metadata.get("general.architecture"), "gemma2")
      assert.deepStrictEqual([...tensors.keys()], [...whole.tensors.keys()])
      assert.deepStrictEqual([...new Set([...tensors.values()].map(({ file }) => file))], names)
    }
  })

  it("gives a file that is whole as it is", async () => {
    assert.deepStrictEqual(await open("whole.gguf"), await openGguf(filesIn(folder.path), "whole.gguf"))
  })

  it("refuses what is no whole model, and says what to do", async () => {
    const [first = "", second = "", third = ""] = names.map((name) => join(folder.path, name))
    const copy = (from: string, to: string) => cp(from, join(folder.path, to))
    await copy(first, "renamed.gguf")
    expect(await failureOf(open("renamed.gguf"))).toMatchObject({
      _tag: "ModelFileError",
      problem: expect.stringContaining("one of 3 files"),
      remedy: expect.stringContaining("llama-gguf-split --merge"),
    })
    await copy(first, "lost-00001-of-00003.gguf")
    expect(await failureOf(open("lost-00001-of-00003.gguf"))).toMatchObject({
      _tag: "ModelFileError",
      file: join(folder.path, "lost-00002-of-00003.gguf"),
      problem: "missing",
    })
    await copy(third, "lost-00002-of-00003.gguf")
    await copy(third, "lost-00003-of-00003.gguf")
    expect(await failureOf(open("lost-00001-of-00003.gguf"))).toMatchObject({
      _tag: "ModelFileError",
      problem: "it is not part 2 of 3 of this model",
    })
    await copy(second, "lost-00002-of-00003.gguf")
    assert.strictEqual((await open("lost-00003-of-00003.gguf")).tensors.size > 0, true)
    await rm(join(folder.path, "lost-00001-of-00003.gguf"))
    expect(await failureOf(open("lost-00003-of-00003.gguf"))).toMatchObject({ problem: "missing" })
  })
})
