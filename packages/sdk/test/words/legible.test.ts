import { assert, describe, it } from "@effect/vitest"
import { ModelFileError } from "../../src/index.ts"
import { legible } from "../../src/words/legible.ts"

describe("legible", () => {
  it("shows what a terminal would obey", () => {
    const name = "a\u001b[31m\u009b2J\u202eb\u0007"
    assert.strictEqual(legible`${name} has ${3} tokens.`, "a\\u001b[31m\\u009b2J\\u202eb\\u0007 has 3 tokens.")
    assert.strictEqual(legible`${"Zwölf\n\t爆弾 😀"}`, "Zwölf\n\t爆弾 😀")
  })

  it("shortens what is longer than anything that is read", () => {
    assert.isAtMost(legible`${"😀".repeat(5000)}`.length, 601)
    assert.isTrue(legible`${"😀".repeat(5000)}`.isWellFormed())
  })

  it("is what every error's message went through, so that the remedy is always there", () => {
    const error = new ModelFileError({ file: "a\u001b]0;b", problem: "x".repeat(9000), remedy: "Do this." })
    assert.notInclude(error.message, "\u001b")
    assert.isTrue(error.message.endsWith("… Do this.") || error.message.endsWith("…. Do this."))
    assert.isBelow(error.message.length, 700)
  })
})
