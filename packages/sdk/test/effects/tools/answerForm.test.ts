/** Answers of a form where tools may be called instead: one is never taken for the other. */
import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { answerForm } from "../../../src/effects/tools/answerForm.ts"
import { callHeadings } from "../../../src/effects/tools/callHeadings.ts"
import { readTools } from "../../../src/effects/tools/readTools.ts"
import { toolConstraint } from "../../../src/effects/tools/toolConstraint.ts"
import { ToolCallReader } from "../../../src/effects/tools/ToolCallReader.ts"
import { InvalidRequestError } from "../../../src/index.ts"
import type { JsonSchema, ToolChoice } from "../../../src/words/index.ts"
import { automatonOf, letsThrough, writeAtRandom } from "../../fixtures/constraint.ts"
import { randomFrom } from "../../fixtures/random.ts"

const depth = { type: "integer", minimum: 1, maximum: 9 }
const parameters = { type: "object", properties: { depth }, required: ["depth"], additionalProperties: false }
const given = [{ name: "dig", parameters }, { name: "sit" }]
const ajv = new Ajv2020({ strict: false })
const isInput = { dig: ajv.compile(parameters), sit: ajv.compile({ type: "object", maxProperties: 0 }) }

const automatonFor = (schema: JsonSchema, parallelToolCalls = false, toolChoice: ToolChoice = "auto") => {
  const tools = readTools({ tools: given, toolChoice, parallelToolCalls })
  return { tools, automaton: automatonOf(toolConstraint(tools, answerForm({ schema }, tools))!) }
}

const text = { type: "string", maxLength: 4 }
const named = { name: { enum: ["dig", "sit", "Reynard"] }, parameters: { type: "object", maxProperties: 0 } }
/** What looks most like a call. */
const schemas: Readonly<Record<string, JsonSchema>> = {
  "an object": { type: "object", properties: { name: text, age: depth }, required: ["name", "age"] },
  "an object with a call's names": { type: "object", properties: named, required: ["name", "parameters"] },
  "the same, which may be left out": { type: "object", properties: named, additionalProperties: depth },
  "an object with a call's second name": { required: ["parameters"], properties: { parameters }, type: "object" },
  "an object with a call's first name": {
    type: "object",
    properties: { name: { const: "sit" } },
    additionalProperties: { type: "object", maxProperties: 0 },
    maxProperties: 3,
  },
  "any object": { type: "object", additionalProperties: { enum: ["sit", {}] }, maxProperties: 3 },
  "a list": { type: "array", items: { type: "object", properties: named }, maxItems: 2 },
  "what refers to itself": {
    $ref: "#/$defs/node",
    $defs: { node: { type: "object", properties: { ...named, next: { $ref: "#/$defs/node" } }, required: ["name"] } },
  },
  alternatives: { anyOf: [{ type: "object", properties: named, required: ["name", "parameters"] }, text] },
  constants: { enum: [{ name: "sit", parameters: {} }, "sit", { name: "dig", parameters: { depth: 2 } }] },
}

function read(text: string, headings: ReadonlyArray<string>) {
  const reader = new ToolCallReader(() => "1", headings)
  const parts = [...Array.from(text).flatMap((character) => reader.push(character)), ...reader.end()]
  return {
    said: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    calls: parts.flatMap((part) => (part.type === "tool-call" ? [part] : [])),
  }
}

describe("an answer's form beside tools", () => {
  it.each(Object.entries(schemas))("of %s gives answers that fit it, or calls whose arguments do", (_name, schema) => {
    const fits = ajv.compile(schema)
    for (const isParallel of [false, true]) {
      const { automaton, tools } = automatonFor(schema, isParallel)
      const headings = callHeadings(tools)
      const random = randomFrom(7)
      for (let i = 0; i < 12; i++) {
        const { isWhole, text } = writeAtRandom(automaton, random, 80)
        if (!isWhole) continue
        const { calls, said } = read(text, headings)
        assert.strictEqual(
          headings.some((heading) => text.startsWith(heading)),
          calls.length > 0,
          text,
        )
        if (calls.length === 0) assert.isTrue(fits(JSON.parse(said)), said)
        else assert.strictEqual(said, "")
        for (const { input, name } of calls) assert.isTrue(isInput[name === "dig" ? "dig" : "sit"](input), text)
      }
    }
  })

  it("lets calls through, and answers with a call's names in the other order", () => {
    const call = '{"name": "dig", "parameters": {"depth":3}}'
    const texts = [call, `Well: ${call}`, '{"name": "fly", "parameters": {}}']
    const inOrder = ['{"parameters": {}, "name": "sit"}', '{"parameters":{},"name":"sit"}']
    const passed = (schema: JsonSchema, said: ReadonlyArray<string>) => {
      const { automaton } = automatonFor(schema)
      return said.filter((text) => letsThrough(automaton, text))
    }
    const { "an object": plain = true, "an object with a call's names": named = true, constants = true } = schemas
    assert.deepStrictEqual(passed(plain, [...texts, '{"name":"dig","age":4}']), [call, '{"name":"dig","age":4}'])
    assert.deepStrictEqual(passed(named, [...texts, ...inOrder]), [call, ...inOrder])
    assert.deepStrictEqual(passed(constants, [...texts, ...inOrder]), [call, inOrder[1]])
  })

  it("is not asked for where a call is required", () => {
    const { automaton } = automatonFor({ type: "string" }, false, "required")
    assert.isFalse(letsThrough(automaton, '"sit"'))
    assert.isTrue(letsThrough(automaton, '{"name": "sit", "parameters": {}}'))
  })

  it("is one of some texts, or a call", () => {
    const tools = readTools({ tools: given })
    const automaton = automatonOf(toolConstraint(tools, answerForm({ choices: ["yes", '{"name"'] }, tools))!)
    const said = ["yes", '{"name"', '{"name":"sit","parameters":{}}']
    assert.deepStrictEqual(
      [...said, "no"].filter((text) => letsThrough(automaton, text)),
      said,
    )
  })

  const call = '{"name":"sit","parameters":{}} and more'
  it.each([
    ["regex", { regex: "[a-z]+" }],
    ["grammar", { grammar: 'root ::= "a"' }],
    ["constraint", { constraint: { type: "text", without: [] } }],
    ["schema", { schema: true, choices: ["yes"] }],
    ["choices[1]", { choices: ["yes", call] }],
  ] as const)("is refused where its texts could be taken for calls: %s", (option, form) => {
    let refused: unknown
    try {
      answerForm(form, readTools({ tools: given }))
    } catch (error) {
      refused = error
    }
    assert.instanceOf(refused, InvalidRequestError)
    assert.strictEqual(refused.option, option)
  })
})
