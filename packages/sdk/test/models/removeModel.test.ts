import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, expect, it, vi } from "vitest"
import { recordPrepared } from "../../src/models/PreparedModels.node.ts"
import { findRemovals, removeModel } from "../../src/models/removeModel.node.ts"
import { failureOf } from "../fixtures/failure.ts"

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "facet-removal-"))
  vi.stubEnv("FACET_CACHE", join(home, "facet"))
  vi.stubEnv("HF_HUB_CACHE", join(home, "hub"))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})

describe("a removal", () => {
  it.each(["", ".", "..", "a/..", "../../elsewhere"])("of %o below a cache is refused", async (way) => {
    await mkdir(join(home, "elsewhere"))
    for (const [what, cache] of [
      ["packed", "facet/models"],
      ["download", "facet/downloads"],
      ["hub", "hub"],
    ] as const) {
      await mkdir(join(home, cache), { recursive: true })
      const removal = { path: `${join(home, cache)}/${way}`, bytes: 0, what }
      expect(await failureOf(removeModel([removal]))).toMatchObject({ _tag: "StorageError" })
    }
    assert.deepEqual((await readdir(home)).toSorted(), ["elsewhere", "facet", "hub"])
  })

  it.skipIf(process.platform === "win32")("takes a link away, and leaves what it leads to", async () => {
    const own = join(home, "own")
    await mkdir(own)
    await writeFile(join(own, "config.json"), "{}")
    const path = join(home, "facet", "models", "linked")
    await mkdir(join(home, "facet", "models"), { recursive: true })
    await symlink(own, path)
    await recordPrepared(
      path,
      { identity: "x", id: "a/b", revision: undefined, licence: undefined },
      { dtype: "q4", block: 32 },
    )
    const removals = await findRemovals("a/b", true)
    assert.deepEqual(
      removals.map((one) => one.path),
      [path],
    )
    await removeModel(removals)
    assert.deepEqual(await readdir(own), ["config.json"])
    assert.deepEqual(await readdir(join(home, "facet", "models")), [])
  })
})
