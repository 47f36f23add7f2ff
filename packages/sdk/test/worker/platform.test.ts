import { globSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { checkNode } from "../../src/worker/platform.node.ts"
import { UnsupportedDeviceError } from "../../src/index.ts"

describe("the release of Node", () => {
  it.each(["18.20.4", "20.11.0", "22.18.0"])("%s is too old, and said so", (version) => {
    assert.throws(() => checkNode(version), UnsupportedDeviceError)
  })

  it.each(["22.19.0", "22.20.1", "24.0.0", "26.1.0"])("%s is taken", (version) => {
    assert.doesNotThrow(() => checkNode(version))
  })

  it("is the same one in every package, README, page and message", async () => {
    const root = fileURLToPath(new URL("../../../../", import.meta.url))
    const oldest = "22.19"
    assert.throws(() => checkNode("22.18.0"), new RegExp(`Use Node ${oldest.replace(".", "\\.")} or later`))
    assert.include(await readFile(join(root, ".ci/require-node.mjs"), "utf8"), `[${oldest.replace(".", ", ")}]`)
    for (const file of globSync("{packages,examples}/*/package.json", { cwd: root })) {
      const { engines } = JSON.parse(await readFile(join(root, file), "utf8"))
      assert.deepStrictEqual(engines, { node: `>=${oldest}` }, file)
    }
    for (const file of globSync("{README.md,docs/*.md,packages/*/README.md}", { cwd: root })) {
      // What needs less says for what: the workspace brings its own Node, and any from 20 on starts that.
      for (const [said, version] of (await readFile(join(root, file), "utf8")).matchAll(
        /Node\s+(\d+\.\d+) or\s+later/g,
      ))
        assert.strictEqual(version, oldest, `${file}: ${said}`)
    }
  })
})
