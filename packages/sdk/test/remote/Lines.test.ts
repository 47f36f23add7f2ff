import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { lineOf, LineSplitter } from "../../src/remote/Lines.ts"

const Documents = Schema.Array(Schema.Struct({ text: Schema.Literals(["", "a\nb", "狐は", "\ud83e\udd8a"]) })).check(
  Schema.isMaxLength(6),
)
/** Lengths of the pieces in which a network delivers, in bytes. */
const Cuts = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 7 }))).check(Schema.isMinLength(1))

describe("documents one a line", () => {
  it.prop("come back as they were, wherever the bytes were cut", { documents: Documents, cuts: Cuts }, (any) => {
    const bytes = new TextEncoder().encode(any.documents.map(lineOf).join(""))
    const splitter = new LineSplitter()
    const lines: Array<string> = []
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const end = at + (any.cuts[turn % any.cuts.length] ?? 1)
      lines.push(...splitter.push(bytes.subarray(at, end)))
      at = end
    }
    assert.deepStrictEqual(
      lines.map((line): unknown => JSON.parse(line)),
      [...any.documents],
    )
    assert.isFalse(splitter.isCut)
  })

  it("are cut where the last line has no end, and an empty line says nothing", () => {
    const splitter = new LineSplitter()
    assert.deepStrictEqual(splitter.push(new TextEncoder().encode('\n{"a":1}\n\n{"b"')), ['{"a":1}'])
    assert.isTrue(splitter.isCut)
  })
})
