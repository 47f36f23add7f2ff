/** Values in the format `function-call`: what is written by a schema reads as JSON that fits it. */
import { createRequire } from "node:module"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { tries } from "../../../../../test/campaign.ts"
import { FunctionCallReader } from "../../../src/effects/tools/FunctionCallReader.ts"
import { functionConstraint } from "../../../src/effects/tools/functionConstraint.ts"
import { callBytesOf } from "../../../src/engine/callBytesOf.ts"
import { Automaton } from "../../../src/engine/constraint/Automaton.ts"
import { compileConstraint } from "../../../src/engine/constraint/compileConstraint.ts"
import { grammarBytesOf } from "../../../src/engine/constraint/ControlBytes.ts"
import { TokenMasks } from "../../../src/engine/constraint/TokenMasks.ts"
import { buildTokenTrie } from "../../../src/engine/constraint/TokenTrie.ts"
import { openFolder } from "../../../src/files/disk/openFolder.node.ts"
import { openTokenizer } from "../../../src/tokenizer/Tokenizer.ts"
import type { JsonSchema } from "../../../src/words/Constraint.ts"
import { whole } from "../../../src/words/Sliced.ts"
import { writeAtRandom } from "../../fixtures/constraint.ts"
import { writeFunctionGemma3 } from "../../fixtures/gemma3.ts"
import { forSeeds, randomFrom } from "../../fixtures/random.ts"
import { randomSchema } from "../../fixtures/randomSchema.ts"

const require = createRequire(import.meta.url)
// Both are CommonJS, whose types say nothing that this test needs.
const ajv = new (require("ajv/dist/2020.js").default)({ strict: false, multipleOfPrecision: 9, validateSchema: false })
require("ajv-formats").default(ajv)

const vocabSize = 384
const folder = await writeFunctionGemma3(await mkdtemp(join(tmpdir(), "facet-test-")))
const tokenizer = await openTokenizer(await openFolder(folder), { vocabSize, template: "" })
const masks = new TokenMasks(whole(buildTokenTrie({ vocabSize, bytesOf: grammarBytesOf(tokenizer) })))
const bytesOf = callBytesOf(tokenizer)
const decode = (ids: ReadonlyArray<number>) => Buffer.concat(ids.map(bytesOf)).toString()

const automatonOf = (schema: JsonSchema): Automaton => {
  const tool = { name: "dig", description: undefined, parameters: schema, path: "parameters" }
  const told = { tools: [tool], callable: [tool], isRequired: true, isParallel: false }
  return new Automaton(compileConstraint(functionConstraint(told) ?? { type: "choices", choices: [] }), masks)
}

const read = (text: string, pieces: ReadonlyArray<string> = [text]) => {
  const reader = new FunctionCallReader(() => "1", false)
  const parts = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]
  const json = parts.flatMap((part) => (part.type === "tool-input-delta" ? [part.delta] : [])).join("")
  return { json, inputs: parts.flatMap((part) => (part.type === "tool-call" ? [part.input] : [])) }
}

describe("a call in the format of a template", () => {
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it("has arguments that fit, whatever the model would say", () => {
    forSeeds(tries(20, 1000), (random) => {
      const parameters = {
        type: "object",
        properties: { [random.pick(["a", "größe", "x y", 'quo"te', "k\n", "a:b"])]: randomSchema(random, 2) },
        ...(random.chance(0.5) && { additionalProperties: randomSchema(random, 0), maxProperties: 3 }),
        ...(random.chance(0.5) && { minProperties: 1 }),
      }
      const automaton = automatonOf(parameters)
      const room = Math.max(60, Math.ceil(automaton.start.distance * 1.3))
      const { isWhole, text } = writeAtRandom(automaton, random, room, { size: vocabSize, decode })
      assert.isTrue(isWhole, `cut: ${text} for ${JSON.stringify(parameters)}`)
      const { inputs, json } = read(text, random.cut(text, 7))
      assert.deepStrictEqual(inputs, [JSON.parse(json)])
      assert.isTrue(ajv.validate(parameters, inputs[0]), `${text} does not fit ${JSON.stringify(parameters)}`)
    })
  })

  it("stands behind a text, and before another call", () => {
    const call = (input: string) => `<start_function_call>call:dig{${input}}<end_function_call>`
    const text = `Let me <see. ${call("")}${call("a:[1,true],b:{c:<escape>d<e}<escape>}")}`
    forSeeds(tries(5), (random) => {
      const reader = new FunctionCallReader(() => "1", false)
      const parts = [...random.cut(text, 9).flatMap((piece) => reader.push(piece)), ...reader.end()]
      const said = parts.flatMap((part) => (part.type === "text" ? [part.text] : []))
      assert.strictEqual(said.join(""), "Let me <see. ")
      const inputs = parts.flatMap((part) => (part.type === "tool-call" ? [part.input] : []))
      assert.deepStrictEqual(inputs, [{}, { a: [1, true], b: { c: "d<e}" } }])
    })
  })

  it("never has two members of one name", () => {
    const schema = { type: "object", additionalProperties: true, propertyNames: { enum: ["a", "b"] }, minProperties: 2 }
    const free = {
      type: "object",
      propertyNames: { pattern: "^[ab]$" },
      additionalProperties: { const: 1 },
      minProperties: 2,
    }
    for (const parameters of [schema, free]) {
      const automaton = automatonOf(parameters)
      const { text } = writeAtRandom(automaton, randomFrom(1), 200, { size: vocabSize, decode })
      assert.sameMembers(Object.keys(read(text).inputs[0] ?? {}), ["a", "b"], text)
    }
  })
})
