/** How a model is packed where nobody says it. */
import { gemmaFolder, shieldFolder } from "@facet/tiny"
import { assert, describe, it } from "vitest"
import { usualDtype } from "../../src/models/usualDtype.node.ts"

const guard = { isGguf: false, path: shieldFolder, origin: { id: "google/shieldgemma-2b" } }
const own = { ...guard, origin: { id: "./a-folder" } }
const writer = { isGguf: false, path: gemmaFolder, origin: { id: "google/gemma-2-2b-it" } }

describe("usualDtype", () => {
  it("is 8 bits for what judges: by its name, or by what it is opened as", async () => {
    assert.strictEqual(await usualDtype(guard), "int8")
    assert.strictEqual(await usualDtype(own, "guard"), "int8")
  })

  it("is left to the conversion for what writes, and for a GGUF", async () => {
    assert.isUndefined(await usualDtype(writer))
    assert.isUndefined(await usualDtype(own))
    assert.isUndefined(await usualDtype(guard, "text"))
    assert.isUndefined(await usualDtype({ ...guard, isGguf: true }))
  })

  it("is left to the conversion where 8 bits would take more than half of the memory", async () => {
    assert.isUndefined(await usualDtype(guard, "guard", 1_000_000))
    assert.strictEqual(await usualDtype(guard, "guard", 100_000_000), "int8")
  })
})
