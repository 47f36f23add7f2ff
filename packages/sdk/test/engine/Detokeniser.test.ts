import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { makeDetokeniser } from "../../src/engine/Detokeniser.ts"
import { tries } from "../../../../test/campaign.ts"

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
/** Bytes that begin, continue and break UTF-8 sequences, far oftener than chance would have it. */
const Edge = Schema.Literals([
  0x41, 0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xa0, 0x9f, 0xed, 0xe2, 0xef, 0xbb, 0xf0, 0x90, 0xf4, 0x8f, 0xf5, 0xff,
])
const Cuts = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })))

/** Cuts bytes into tokens of the given sizes (in turn; single bytes when there are none). */
const tokensOf = (bytes: Uint8Array, cuts: ReadonlyArray<number>): Array<Uint8Array> => {
  const tokens: Array<Uint8Array> = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = cuts.length === 0 || i > 1000 ? 1 : cuts[i % cuts.length]!
    tokens.push(bytes.subarray(at, at + size))
    at += size
  }
  return tokens
}

const parts = (tokens: ReadonlyArray<Uint8Array>): Array<string> => {
  const detokeniser = makeDetokeniser((id) => tokens[id]!)
  return [...tokens.map((_, id) => detokeniser.push(id)), detokeniser.flush()]
}

const whole = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)

describe("Detokeniser", () => {
  it.prop(
    "pushes and flush, joined, are the whole, and each part is well-formed",
    { text: Schema.String, cuts: Cuts },
    ({ cuts, text }) => {
      const bytes = new TextEncoder().encode(text)
      const pieces = parts(tokensOf(bytes, cuts))
      assert.strictEqual(pieces.join(""), text.toWellFormed())
      for (const piece of pieces) assert.isTrue(piece.isWellFormed())
    },
    { arbitrary: { runs: tries(200) } },
  )

  it.prop(
    "bytes that are not UTF-8 become what the whole would",
    { bytes: Schema.Array(Byte), edges: Schema.Array(Edge), cuts: Cuts },
    ({ bytes, cuts, edges }) => {
      for (const list of [bytes, edges, [...edges, ...bytes], [...bytes, ...edges]]) {
        const all = Uint8Array.from(list)
        assert.strictEqual(parts(tokensOf(all, cuts)).join(""), whole(all))
      }
    },
    { arbitrary: { runs: tries(300), size: 40 } },
  )

  it("emits a character with its last byte, and no sooner", () => {
    const bytes = new TextEncoder().encode("é😀")
    assert.deepStrictEqual(parts(tokensOf(bytes, [])), ["", "é", "", "", "", "😀", ""])
    assert.deepStrictEqual(parts(tokensOf(bytes.subarray(0, 5), [])), ["", "é", "", "", "", "\ufffd"])
  })

  it("keeps a leading U+FEFF", () => {
    const bytes = new TextEncoder().encode("\ufeffa\ufeff")
    for (const cuts of [[], [3], [7]]) assert.strictEqual(parts(tokensOf(bytes, cuts)).join(""), "\ufeffa\ufeff")
  })

  it("starts anew after a flush", () => {
    const detokeniser = makeDetokeniser((id) => Uint8Array.of(id))
    assert.deepStrictEqual([detokeniser.push(0xe2), detokeniser.flush(), detokeniser.push(0x41)], ["", "\ufffd", "A"])
  })
})
