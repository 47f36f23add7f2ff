import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { madeOnce } from "../../peers/madeOnce.ts"

test("a file is made once a recipe; what broke off leaves nothing that passes for it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "facet-made-"))
  const path = join(folder, "file")
  const made: Array<string> = []
  const make = (recipe: string) =>
    madeOnce(path, recipe, async (target) => {
      made.push(recipe)
      await writeFile(target, recipe)
    })
  try {
    const broken = madeOnce(path, "one", async (target) => {
      await writeFile(target, "half")
      throw new Error("the disk is full")
    })
    await expect(broken).rejects.toThrow("the disk is full")
    expect(await readdir(folder)).not.toContain("file")
    for (const recipe of ["one", "one", "two"]) await make(recipe)
    expect(made).toStrictEqual(["one", "two"])
    expect(await readFile(path, "utf8")).toBe("two")
  } finally {
    await rm(folder, { recursive: true })
  }
})
