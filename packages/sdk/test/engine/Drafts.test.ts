import { assert, describe, it } from "@effect/vitest"
import { Drafts } from "../../src/engine/Drafts.ts"

const text = [1, 2, 3, 4, 5, 6, 7, 8, 9]

describe("Drafts", () => {
  it("guesses what followed when the last three tokens stood there before, the latest time", () => {
    assert.deepStrictEqual(new Drafts([...text, 20, 2, 3, 4]).next(7), [5, 6, 7])
    assert.deepStrictEqual(new Drafts([...text, 20, 2, 3, 4, 30, 31, 2, 3, 4]).next(7), [30, 31, 2])
    assert.deepStrictEqual(new Drafts([...text, 20, 2, 3, 4]).next(2), [5, 6])
  })

  it("guesses nothing where nothing like it stood there", () => {
    assert.deepStrictEqual(new Drafts([]).next(7), [])
    assert.deepStrictEqual(new Drafts([1, 2]).next(7), [])
    assert.deepStrictEqual(new Drafts(text).next(7), [])
    assert.deepStrictEqual(new Drafts([...text, 20, 3, 4]).next(7), [])
  })

  it("goes on in a repetition", () => {
    assert.deepStrictEqual(new Drafts([1, 2, 1, 2, 1, 2]).next(7), [1, 2])
    assert.deepStrictEqual(new Drafts([1, 1, 1, 1]).next(7), [1])
  })

  it("guesses more after it was right, and asks for a longer match after it was wrong", () => {
    const drafts = new Drafts([...text, 20, 2, 3, 4])
    drafts.learn(3, 3)
    assert.deepStrictEqual(drafts.next(7), [5, 6, 7, 8, 9, 20, 2])
    drafts.learn(7, 0)
    assert.deepStrictEqual(drafts.next(7), [])
    for (const id of [5, 6]) drafts.accept(id)
    assert.deepStrictEqual(drafts.next(7), [7, 8, 9])
    drafts.learn(3, 1)
    assert.deepStrictEqual(drafts.next(7), [7, 8, 9])
  })
})
