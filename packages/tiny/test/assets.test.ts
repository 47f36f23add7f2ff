/** Bundlers and Node find the same files. */
import { assert, it } from "@effect/vitest"
import { readdir } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { gemmaFolder, scopeFolder, shieldFolder } from "../src/index.ts"
import { assets } from "../src/assets.ts"

it("lists every file of the models for bundlers, where it lies", async () => {
  const models = dirname(gemmaFolder)
  const entries = await readdir(models, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  assert.deepStrictEqual([...assets.keys()].toSorted(), files.map((file) => relative(models, file)).toSorted())
  for (const [path, url] of assets) assert.strictEqual(fileURLToPath(url), join(models, path))
  assert.deepStrictEqual([shieldFolder, scopeFolder].map(dirname), [models, models])
})
