import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Vocabulary } from "../../src/tokenizer/Vocabulary.ts"

const Id = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))
const Pieces = Schema.Array(Schema.Tuple([Schema.String, Id]))

describe("Vocabulary", () => {
  it.prop("is a map from pieces to ids, and back", { pairs: Pieces, absent: Schema.String }, ({ absent, pairs }) => {
    const known = pairs.map(([piece, id]) => [piece.toWellFormed(), id] as const)
    const ids = new Map(known)
    const vocabulary = new Vocabulary(known.length, 10_000)
    for (const [piece, id] of known) {
      const { written } = new TextEncoder().encodeInto(piece, vocabulary.bytes.subarray(vocabulary.end))
      vocabulary.append(vocabulary.end + written, id)
    }
    vocabulary.seal(50)
    assert.strictEqual(vocabulary.size, ids.size)
    for (const [place, [piece, id]] of [...ids].entries()) {
      assert.deepStrictEqual([vocabulary.idOf(piece), vocabulary.placeOf(piece)], [id, place])
      assert.deepStrictEqual([vocabulary.idAt(place), vocabulary.unitsAt(place)], [id, piece.length])
      const [code = 0, more] = Array.from(piece, (character) => character.codePointAt(0)!)
      if (piece !== "" && more === undefined) assert.strictEqual(vocabulary.idOfCharacter(code), id)
    }
    assert.strictEqual(vocabulary.idOf(absent.toWellFormed()), ids.get(absent.toWellFormed()) ?? -1)
    // Of pieces with the same id it tells the last.
    const pieces = new Map([...ids].map(([piece, id]) => [id, piece]))
    for (let id = 0; id < 70; id++) assert.strictEqual(vocabulary.pieceOf(id), id < 50 ? pieces.get(id) : undefined)
  })
})
