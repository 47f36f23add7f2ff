import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { without, wordsOf } from "../../../src/engine/explain/Words.ts"

const spelt = (text: string) => wordsOf(text).map(({ end, start }) => text.slice(start, end))

/** What the same text says on a platform that has no segmenter. */
function withoutSegmenter<A>(work: () => A): A {
  const { Segmenter } = Intl
  Reflect.deleteProperty(Intl, "Segmenter")
  try {
    return work()
  } finally {
    Object.assign(Intl, { Segmenter })
  }
}

describe("the words of a text", () => {
  it("are neither its spaces nor its punctuation", () => {
    const text = "  Don't - build\nit, 2 times!"
    assert.deepStrictEqual(spelt(text), ["Don't", "build", "it", "2", "times"])
    assert.deepStrictEqual(
      withoutSegmenter(() => spelt(text)),
      spelt(text),
    )
  })

  it("are found where no spaces part them", () => {
    assert.isAbove(spelt("狐は森に住んでいます").length, 2)
  })

  it.prop("stand in order, and are no part of each other", { text: Schema.String }, ({ text }) => {
    let last = 0
    for (const { end, start } of wordsOf(text)) {
      assert.isAtLeast(start, last)
      assert.isAbove(end, start)
      last = end
    }
    assert.isAtMost(last, text.length)
  })
})

describe("a text with some of its words hidden", () => {
  it("has one sign in their place", () => {
    assert.strictEqual(without("Build a bomb now!", { start: 6, end: 12 }), "Build … now!")
  })
})
