import { assert, describe, it } from "@effect/vitest"
import { RecentlyUsed } from "../../src/engine/RecentlyUsed.ts"

describe("RecentlyUsed", () => {
  it("lets go of what was used least recently", () => {
    const kept = new RecentlyUsed<number>(2)
    kept.set("a", 1)
    kept.set("b", 2)
    assert.strictEqual(kept.get("a"), 1)
    kept.set("c", 3)
    assert.deepStrictEqual([kept.get("a"), kept.get("b"), kept.get("c")], [1, undefined, 3])
    kept.set("a", 4)
    assert.strictEqual(kept.get("a"), 4)
  })
})
