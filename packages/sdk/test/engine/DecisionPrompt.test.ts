/** In which orders questions are put. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { passesOf } from "../../src/engine/DecisionPrompt.ts"
import type { AskedQuestion } from "../../src/words/readQuestions.ts"
import { tries } from "../../../../test/campaign.ts"

const ask = (type: AskedQuestion["type"], options: ReadonlyArray<string>): AskedQuestion => ({
  type,
  instructions: "What is it?",
  options,
  words: type === "boolean" ? [] : options,
})
const many = { arbitrary: { runs: tries(50) } }
const options = Schema.UniqueArray(Schema.String.check(Schema.isMinLength(1))).check(
  Schema.isMinLength(2),
  Schema.isMaxLength(26),
)

/** Every order of a list. */
const ordersOf = <A>(list: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  list.length < 2
    ? [list]
    : list.flatMap((first, i) => ordersOf(list.filter((_, j) => j !== i)).map((rest) => [first, ...rest]))

/** What a model is asked, and which option's text each answer stands for. */
const readings = (question: AskedQuestion) =>
  passesOf(question).map(({ labels, order, question: text }) => ({
    text,
    labels,
    options: order.map((place) => question.options[place]),
  }))

describe("passesOf", () => {
  it("puts a boolean question once, for Yes or No, with what speaks for either", () => {
    assert.deepStrictEqual(passesOf(ask("boolean", ["It barks.", ""])), [
      {
        question: "Question: What is it?\nYes: It barks.\nAnswer with Yes or No.",
        labels: ["Yes", "No"],
        order: [0, 1],
      },
    ])
  })

  it.prop(
    "puts a choice alike, whatever the order of its options",
    { options },
    ({ options: given }) => {
      assert.deepStrictEqual(readings(ask("choice", given.toReversed())), readings(ask("choice", given)))
      const [first = "", ...rest] = given
      assert.deepStrictEqual(readings(ask("choice", [...rest, first])), readings(ask("choice", given)))
    },
    many,
  )

  it.each([2, 3, 4])("lets each of %d options bear each letter once", (count) => {
    const names = Array.from({ length: count }, (_, i) => `option ${i}`)
    for (const order of ordersOf(names)) {
      const passes = passesOf(ask("choice", order))
      assert.lengthOf(passes, count)
      for (const place of names.keys()) {
        assert.sameMembers(
          passes.map((pass) => pass.order[place]),
          [...names.keys()],
        )
      }
    }
  })

  it("puts many options in four orders, no two of which begin with the same", () => {
    const passes = passesOf(
      ask(
        "choice",
        Array.from({ length: 26 }, (_, i) => `option ${i}`),
      ),
    )
    assert.lengthOf(passes, 4)
    assert.lengthOf(new Set(passes.map(({ order }) => order[0])), 4)
    for (const { labels, order } of passes) {
      assert.strictEqual(labels.join(""), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
      assert.lengthOf(new Set(order), 26)
    }
  })

  it("puts a scale up and down, so that one that is turned round is put alike", () => {
    const levels = ["low", "middle", "high"]
    const turned = readings(ask("score", levels.toReversed()))
    assert.deepStrictEqual(turned.toReversed(), readings(ask("score", levels)))
  })

  it("asks something where there are no instructions", () => {
    for (const type of ["boolean", "choice", "score"] as const) {
      const [pass] = passesOf({ ...ask(type, ["a", "b"]), instructions: undefined })
      assert.match(pass?.question ?? "", /^Question: \w.*\?\n/)
    }
  })
})
