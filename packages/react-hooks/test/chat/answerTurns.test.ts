import { assert, describe, it } from "vitest"
import { answerTurns } from "../../src/chat/answerTurns.ts"

const step = { type: "step-start" }
const text = (words: string) => ({ type: "text", text: words, state: "done" })
const call = (fields: object) => ({ type: "tool-weather", toolCallId: "1", input: { city: "Paris" }, ...fields })
const made = { id: "1", name: "weather", input: { city: "Paris" } }

describe("the turns of an answer", () => {
  it("are what was said, called and found, step by step", () => {
    const parts = [
      step,
      text("Let me "),
      { type: "custom", kind: "facet.trace" },
      text("look."),
      call({ state: "output-available", output: { sky: "clear" } }),
      call({ type: "dynamic-tool", toolName: "clock", toolCallId: "2", state: "output-available", output: "noon" }),
      step,
      text("It is clear."),
    ]
    assert.deepEqual(answerTurns({ parts }), [
      {
        role: "assistant",
        content: "Let me look.",
        toolCalls: [made, { id: "2", name: "clock", input: { city: "Paris" } }],
      },
      { role: "tool", content: '{"sky":"clear"}', toolCallId: "1" },
      { role: "tool", content: "noon", toolCallId: "2" },
      { role: "assistant", content: "It is clear." },
    ])
  })

  it.each([
    [{ state: "output-error", errorText: "no network" }, '{"error":"no network"}'],
    [{ state: "output-denied" }, '{"error":"it was not allowed to run"}'],
    [{ state: "output-available", output: undefined }, "null"],
  ])("tell of %j", (fields, content) => {
    assert.deepEqual(answerTurns({ parts: [call(fields)] }), [
      { role: "assistant", content: "", toolCalls: [made] },
      { role: "tool", content, toolCallId: "1" },
    ])
  })

  it.each([
    { state: "input-streaming" },
    { state: "input-available" },
    { state: "approval-requested" },
    { state: "output-available", output: 1, preliminary: true },
  ])("leave out a call without a result: %j", (fields) => {
    assert.deepEqual(answerTurns({ parts: [text("Hm."), call(fields)] }), [{ role: "assistant", content: "Hm." }])
    assert.deepEqual(answerTurns({ parts: [call(fields)] }), [])
  })
})
