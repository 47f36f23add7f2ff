import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { chooseSpan, searchSpan, type WordSpan } from "../../../src/engine/explain/searchSpan.ts"

/** The stretches that are tried of words that weigh so much each, where a text is flagged from a weight of 1 on. */
function tried(weights: ReadonlyArray<number>) {
  const seen: Array<WordSpan & { readonly without: number }> = []
  const search = searchSpan(weights.length, 1)
  for (let next = search.next(); next.done !== true;) {
    const { from, to } = next.value
    const without = weights.reduce((sum, weight, i) => (i >= from && i < to ? sum : sum + weight), 0)
    seen.push({ from, to, without })
    next = search.next(without)
  }
  return seen
}

const Weights = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 }))).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(60),
)

describe("the search for words that a verdict hangs on", () => {
  it.prop(
    "ends with the shortest stretch that holds them all, in runs that grow with the logarithm",
    { weights: Weights },
    ({ weights }) => {
      const spans = tried(weights)
      assert.isAtMost(spans.length, 5 + 4 * Math.ceil(Math.log2(weights.length + 1)))
      for (const { from, to } of spans) assert.isTrue(0 <= from && from < to && to <= weights.length)
      const [first, last] = [weights.findIndex((w) => w > 0), weights.findLastIndex((w) => w > 0)]
      if (first < 0 || last - first + 1 === weights.length) return
      assert.deepInclude(spans.filter(({ without }) => without < 1).at(-1), { from: first, to: last + 1 })
    },
  )

  it("has nothing to try where there is one word, or none", () => {
    assert.deepStrictEqual([...tried([]), ...tried([1])], [])
  })
})

describe("the span that is named", () => {
  const span = (from: number, to: number, without: number) => ({ from, to, without, effect: 1 - without })

  it("is the shortest that is enough, and of those the one that leaves least", () => {
    const spans = [span(0, 4, 0.1), span(0, 2, 0.4), span(2, 4, 0.3), span(0, 1, 0.9)]
    assert.deepStrictEqual(chooseSpan(spans, 0.5), spans[2])
  })

  it("is the one that adds most for its size where none is enough", () => {
    const spans = [span(0, 4, 0.7), span(0, 2, 0.8), span(0, 1, 0.98)]
    assert.deepStrictEqual(chooseSpan(spans, 0.5), spans[1])
    assert.isUndefined(chooseSpan([], 0.5))
  })
})
