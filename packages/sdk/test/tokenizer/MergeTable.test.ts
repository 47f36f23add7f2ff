import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { MergeTable } from "../../src/tokenizer/MergeTable.ts"

const Id = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))

describe("MergeTable", () => {
  it.prop("is a map from pairs to ranks", { pairs: Schema.Array(Schema.Tuple([Id, Id])) }, ({ pairs }) => {
    const table = new MergeTable(pairs.length)
    const known = new Map<string, number>()
    for (const [rank, [left, right]] of pairs.entries()) {
      table.set(left, right, rank, left + right)
      known.set(`${left} ${right}`, rank)
    }
    for (let left = 0; left <= 40; left += 3) {
      for (let right = 0; right <= 40; right++) {
        const rank = table.rank(left, right)
        assert.strictEqual(rank, known.get(`${left} ${right}`) ?? -1)
        if (rank !== -1) assert.strictEqual(table.made(rank), left + right)
      }
    }
  })
})
