import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { openFolder } from "../../../src/files/disk/openFolder.node.ts"
import { readModel } from "../../../src/architectures/readModel.ts"

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "facet-test-"))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(path, { recursive: true, force: true })
})

describe("openFolder", () => {
  it("reads text, sizes and ranges, through links as in the Hugging Face cache", async () => {
    await mkdir(join(path, "blobs"))
    await mkdir(join(path, "snapshot"))
    await writeFile(join(path, "blobs", "123"), "hällo")
    await symlink("../blobs/123", join(path, "snapshot", "a.txt"))
    const files = await openFolder(join(path, "snapshot"))
    expect(files.root).toBe(join(path, "snapshot"))
    expect(await files.readText("a.txt")).toBe("hällo")
    expect(await files.size("a.txt")).toBe(6)
    expect(await files.readRange("a.txt", 1, 2)).toEqual(Uint8Array.of(0xc3, 0xa4))
    expect([await files.exists("a.txt"), await files.exists("b.txt")]).toEqual([true, false])
  })

  it("says when a file is missing or ends too early", async () => {
    await writeFile(join(path, "a"), "abc")
    const files = await openFolder(path)
    const missing = { _tag: "ModelFileError", file: join(path, "b"), problem: "missing" }
    await expect(files.readText("b")).rejects.toMatchObject(missing)
    await expect(files.size("b")).rejects.toMatchObject(missing)
    await expect(files.readRange("b", 0, 1)).rejects.toMatchObject(missing)
    await expect(files.readRange("a", 2, 2)).rejects.toMatchObject({
      _tag: "ModelFileError",
      problem: expect.stringContaining("truncated"),
    })
  })

  it.skipIf(process.platform === "win32")("reads nothing but plain files", async () => {
    await symlink("/dev/zero", join(path, "config.json"))
    const files = await openFolder(path)
    await expect(files.readText("config.json")).rejects.toMatchObject({
      _tag: "ModelFileError",
      problem: expect.stringContaining("no plain file"),
    })
  })

  it("tells a folder of GGUF files from one that lacks something", async () => {
    await writeFile(join(path, "gemma-2-2b-it-Q4_K_M.gguf"), "")
    await expect(openFolder(path)).rejects.toMatchObject({
      _tag: "ModelNotFoundError",
      problem: expect.stringContaining("gemma-2-2b-it-Q4_K_M.gguf"),
    })
  })

  it("says when there is no such folder, or it is a file", async () => {
    await writeFile(join(path, "file"), "")
    await expect(openFolder(join(path, "none"))).rejects.toMatchObject({
      _tag: "ModelNotFoundError",
      problem: expect.stringContaining("no folder"),
    })
    await expect(openFolder(join(path, "file"))).rejects.toMatchObject({
      _tag: "ModelNotFoundError",
      problem: expect.stringContaining("a file, not a folder"),
    })
  })

  // Root may read everything.
  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")("names missing permissions", async () => {
    await writeFile(join(path, "config.json"), "{}", { mode: 0 })
    await expect(readModel(await openFolder(path))).rejects.toMatchObject({
      _tag: "ModelFileError",
      problem: expect.stringContaining("permission denied"),
    })
    await chmod(path, 0)
    await expect(openFolder(path)).rejects.toMatchObject({
      _tag: "ModelNotFoundError",
      problem: expect.stringContaining("permission denied"),
    })
    await chmod(path, 0o700)
  })
})
