import { assert, describe, it } from "@effect/vitest"
import { readTools } from "../../../src/effects/tools/readTools.ts"
import { toolConstraint } from "../../../src/effects/tools/toolConstraint.ts"
import type { ToolChoice } from "../../../src/words/index.ts"
import { automatonOf, letsThrough } from "../../fixtures/constraint.ts"

const depth = { type: "integer", minimum: 1, maximum: 9 }
const parameters = { type: "object", properties: { depth }, required: ["depth"], additionalProperties: false }
const tools = [{ name: "dig", parameters }, { name: "sit" }]

const sit = '{"name": "sit", "parameters": {}}'
const dig = '{"name":"dig","parameters":{"depth":3}}'

/** What of some texts is let through. */
function passed(toolChoice: ToolChoice, parallelToolCalls: boolean, texts: ReadonlyArray<string>) {
  const constraint = toolConstraint(readTools({ tools, toolChoice, parallelToolCalls }))
  if (constraint === undefined) return texts
  const automaton = automatonOf(constraint)
  return texts.filter((text) => letsThrough(automaton, text))
}

const calls = [sit, dig]
const lists = [`[${sit}]`, `[${dig}, ${sit}]`, `[${Array(8).fill(dig).join(",")}]`]
const texts = ["", "Hello.", 'A set {x}, a list [1], a "quote"', "[", '{"nam": 1}']
const both = [`Let me see.\n${dig}`, `{ ${sit}`]
const lone = [
  '{"name": "fly", "parameters": {}}',
  '{"name": "dig", "parameters": {"depth": 0}}',
  `${sit} Done.`,
  '{"name"',
]
const wrong = [...lone, `[${sit}`, `[${Array(9).fill(dig).join(",")}]`, `${sit}, ${dig}`, `"${sit}`]
const all = [...calls, ...lists, ...texts, ...both, ...wrong]

describe("the form of a text with tools", () => {
  it("is a text, or a text and then a call", () => {
    assert.deepStrictEqual(passed("auto", false, all), [...calls, ...texts, ...both])
  })

  it("may end with several calls in a list", () => {
    assert.deepStrictEqual(passed("auto", true, all), [...calls, ...lists, ...texts, ...both])
  })

  it("is a call where one is required, or that of the tool that is named", () => {
    assert.deepStrictEqual(passed("required", false, all), calls)
    assert.deepStrictEqual(passed("required", true, all), [...calls, ...lists])
    assert.deepStrictEqual(passed({ name: "sit" }, false, all), [sit])
  })

  it("is free where none is called", () => {
    assert.deepStrictEqual(passed("none", false, all), all)
  })
})
