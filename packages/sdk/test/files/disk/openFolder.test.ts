import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { openFolder, resolveModel } from "../../../src/files/disk/openFolder.node.ts"
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

describe("resolveModel", () => {
  it("takes a folder as it is", async () => {
    expect(await resolveModel(path)).toBe(path)
  })

  it("finds the snapshot that refs/main names, else the newest, in the Hugging Face cache", async () => {
    const repository = join(path, "hub", "models--google--gemma-2-2b-it")
    await mkdir(join(repository, "snapshots", "aaa"), { recursive: true })
    await mkdir(join(repository, "snapshots", "bbb"))
    await writeFile(join(repository, "snapshots", ".DS_Store"), "")
    await utimes(join(repository, "snapshots", "aaa"), 1, 1)
    vi.stubEnv("HF_HUB_CACHE", "")
    vi.stubEnv("HF_HOME", path)
    expect(await resolveModel("google/gemma-2-2b-it")).toBe(join(repository, "snapshots", "bbb"))
    await mkdir(join(repository, "refs"))
    await writeFile(join(repository, "refs", "main"), "aaa")
    vi.stubEnv("HF_HUB_CACHE", join(path, "hub"))
    expect(await resolveModel("google/gemma-2-2b-it")).toBe(join(repository, "snapshots", "aaa"))
  })

  it.each(["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"])("looks where %s says", async (variable) => {
    for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"]) vi.stubEnv(name, "")
    vi.stubEnv(variable, path)
    const snapshot = join(path, "models--a--b", "snapshots", "ccc")
    await mkdir(snapshot, { recursive: true })
    expect(await resolveModel("a/b")).toBe(snapshot)
  })

  it("looks where XDG_CACHE_HOME says", async () => {
    for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"]) vi.stubEnv(name, "")
    vi.stubEnv("XDG_CACHE_HOME", path)
    const snapshot = join(path, "huggingface", "hub", "models--a--b", "snapshots", "ccc")
    await mkdir(snapshot, { recursive: true })
    expect(await resolveModel("a/b")).toBe(snapshot)
  })

  it("takes the revision that is named: a branch, a tag or a commit", async () => {
    vi.stubEnv("HF_HUB_CACHE", path)
    const copies = join(path, "models--a--b")
    for (const commit of ["c1", "c2"]) await mkdir(join(copies, "snapshots", commit), { recursive: true })
    await mkdir(join(copies, "refs", "refs", "pr"), { recursive: true })
    await writeFile(join(copies, "refs", "main"), "c1")
    await writeFile(join(copies, "refs", "v2"), "c2\n")
    await writeFile(join(copies, "refs", "refs", "pr", "3"), "c2")
    for (const revision of ["v2", "c2", "refs/pr/3"]) {
      expect(await resolveModel(`a/b@${revision}`)).toBe(join(copies, "snapshots", "c2"))
    }
    await expect(resolveModel("a/b@v9")).rejects.toMatchObject({
      _tag: "ModelNotFoundError",
      remedy: expect.stringContaining("hf download a/b --revision v9"),
    })
  })

  it("says that a URL is no folder", async () => {
    await expect(resolveModel("https://a.example/gemma")).rejects.toMatchObject({
      _tag: "ModelNotFoundError",
      problem: expect.stringContaining("URL"),
    })
  })

  it("says how to get a model that is not there", async () => {
    vi.stubEnv("HF_HUB_CACHE", path)
    await expect(resolveModel("google/gemma-2-2b-it")).rejects.toMatchObject({
      _tag: "ModelNotFoundError",
      model: "google/gemma-2-2b-it",
      remedy: expect.stringContaining("hf download google/gemma-2-2b-it"),
    })
    await expect(resolveModel(join(path, "none"))).rejects.toMatchObject({
      _tag: "ModelNotFoundError",
      problem: expect.stringContaining("no folder"),
    })
  })
})
