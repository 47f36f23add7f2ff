import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "vitest"
import { makeFolder } from "../../../src/files/disk/makeFolder.node.ts"
import { failureOf } from "../../fixtures/failure.ts"

it("makes what is missing, also at once with others, and tells what the system says", async () => {
  const root = await mkdtemp(join(tmpdir(), "facet-folder-"))
  try {
    await Promise.all(Array.from({ length: 30 }, (_, i) => makeFolder(join(root, `a/b/c/${i % 3}`))))
    await symlink("a", join(root, "link"))
    await makeFolder(join(root, "link/b/e"))
    assert.isTrue((await stat(join(root, "a/b/e"))).isDirectory())
    await writeFile(join(root, "file"), "")
    const codes = ["file", "file/under", "file/under/it"].map(async (path) => failureOf(makeFolder(join(root, path))))
    assert.deepStrictEqual(
      (await Promise.all(codes)).map((error) => (error as NodeJS.ErrnoException).code),
      ["EEXIST", "ENOTDIR", "ENOTDIR"],
    )
  } finally {
    await rm(root, { recursive: true })
  }
})

it.runIf(process.platform === "linux")("ends where Node's own would not", async () => {
  assert.match(String(await failureOf(makeFolder("/proc/none/such/folder"))), /ENOENT/)
})
