import { assert, describe, it } from "vitest"
import { fitExchange } from "../../src/engine/fitExchange.ts"
import { whole } from "../../src/words/Sliced.ts"
import { tokenizer } from "../fixtures/constraint.ts"

const count = (text: string) => whole(tokenizer.encodeInSlices(text, "prompt")).length
const lines = ["User: Tell me a story about a fox.", "Assistant: The fox sat in the sun.", "User: And then?"]
const fit = (room: number, response?: string) => whole(fitExchange({ tokenizer }, { lines, older: 2 }, response, room))

describe("the messages that a guard is told", () => {
  const lastTwo = lines.slice(1).join("\n")

  it("are all that fit, measured in its tokens, and of those that do not the newest", () => {
    const all = count(lines.join("\n"))
    assert.deepEqual(fit(all), { prompt: lines.join("\n"), told: { messages: 3, leftOut: 2 } })
    assert.deepEqual(fit(all - 1), { prompt: lastTwo, told: { messages: 2, leftOut: 3 } })
    assert.deepEqual(fit(1), { prompt: "User: And then?", told: { messages: 1, leftOut: 4 } })
  })

  it("leave the answer its room, or half of all", () => {
    const answer = "It ran home."
    assert.strictEqual(fit(count(lastTwo) + count(answer), answer).told.messages, 2)
    assert.strictEqual(fit(count(lastTwo) + count(answer) - 1, answer).told.messages, 1)
    assert.strictEqual(fit(2 * count(lastTwo), answer.repeat(100)).told.messages, 2)
  })

  it("are no more than so many tokens, whatever the window", () => {
    const long = Array.from({ length: 400 }, () => "User: Tell me a story about a fox.")
    const { prompt, told } = whole(fitExchange({ tokenizer }, { lines: long, older: 0 }, undefined, 1e6))
    assert.isAtMost(count(prompt), 1_536)
    assert.isAbove(count(`${long[0]}\n${prompt}`), 1_536)
    assert.strictEqual(told.messages + told.leftOut, 400)
  })
})
