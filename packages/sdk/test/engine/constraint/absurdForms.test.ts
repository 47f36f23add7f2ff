/** Forms that nobody can follow, or that look as if nobody could: each is followed or refused by its path, in time. */
import { assert, describe, it } from "@effect/vitest"
import { checkConstraint, type Constraint, type JsonSchema } from "../../../src/words/Constraint.ts"
import { InvalidRequestError } from "../../../src/index.ts"
import { automatonOf, letsThrough } from "../../fixtures/constraint.ts"

const schema = (schema: JsonSchema): Constraint => ({ type: "schema", schema, path: "schema" })
const regex = (regex: string): Constraint => ({ type: "regex", regex })

/** Each is made of the one before. */
function repeated<A>(start: A, next: (one: A) => A, times: number): A {
  let one = start
  for (let i = 0; i < times; i++) one = next(one)
  return one
}

const cyclic: Record<string, unknown> = { type: "object" }
cyclic["properties"] = { a: cyclic }

const references = Object.fromEntries(
  Array.from({ length: 5000 }, (_, i) => [`a${i}`, i === 4999 ? { type: "null" } : { $ref: `#/$defs/a${i + 1}` }]),
)

const refused: ReadonlyArray<readonly [name: string, option: RegExp, form: () => Constraint]> = [
  ["a schema that holds itself", /^schema\.properties\.a\./, () => schema(cyclic)],
  [
    "one of ten thousand levels",
    /^schema\.items\./,
    () => schema(repeated<JsonSchema>({}, (items) => ({ type: "array", items }), 10_000)),
  ],
  ["references that lead on and on", /^schema$/, () => schema({ $ref: "#/$defs/a0", $defs: references })],
  [
    "a reference out of the document",
    /^schema\.properties\.a\.\$ref$/,
    () => schema({ properties: { a: { $ref: "b.json" } } }),
  ],
  [
    "alternatives of alternatives",
    /^schema\.anyOf/,
    () => schema(repeated<JsonSchema>({ type: "string" }, (one) => ({ anyOf: [one, one] }), 14)),
  ],
  [
    "alternatives beside alternatives",
    /^schema\.allOf\[\d+\]\.anyOf$/,
    () => schema({ allOf: Array(20).fill({ anyOf: [{ type: "string" }, { type: "number" }] }) }),
  ],
  [
    "forms of forms",
    /^constraint\.of\[0\]/,
    () => repeated<Constraint>({ type: "choices", choices: ["a"] }, (one) => ({ type: "anyOf", of: [one, one] }), 200),
  ],
  [
    "a pattern that remembers thirty characters",
    /^schema\.pattern$/,
    () => schema({ type: "string", pattern: "a.{30}b" }),
  ],
  ["a count of counts", /^regex$/, () => regex("(a{1,100}){1,100}")],
  ["parentheses in thousands", /^regex$/, () => regex(`${"(".repeat(5000)}a${")".repeat(5000)}`)],
  ["a count of millions", /^regex$/, () => regex("[^]{1000000}")],
  ["names by such a pattern", /^schema\.patternProperties/, () => schema({ patternProperties: { ".*b.{20}": {} } })],
  ["a bound that is no number", /^schema\.minimum$/, () => schema({ type: "number", minimum: NaN })],
  ["a bound without an end", /^schema\.maximum$/, () => schema({ type: "number", maximum: Infinity })],
  [
    "a multiple of thousands of digits' states",
    /^schema\.multipleOf$/,
    () => schema({ type: "integer", multipleOf: 999_983 }),
  ],
  ["a rule that begins with itself", /^grammar$/, () => ({ type: "grammar", grammar: 'root ::= root "a" | "b"' })],
]

const names = Array.from({ length: 2000 }, (_, i) => `value ${i}`)
const properties = Object.fromEntries(names.map((name) => [name, { type: "null" }]))

const followed: ReadonlyArray<readonly [name: string, form: Constraint, text: string, wrong: string]> = [
  ["nested repetitions, which make others run for ever", regex("(a+)+b"), `${"a".repeat(40)}b`, "a".repeat(40)],
  ["a choice of ten thousand", { type: "choices", choices: names.concat(names.map((n) => `${n}!`)) }, "value 7!", "v"],
  ["a list of a billion", schema({ type: "array", items: {}, maxItems: 1e9 }), "[1,2]", "[1"],
  ["a text of a billion", schema({ type: "string", maxLength: 1e9 }), '"abc"', '"abc'],
  [
    "an object of thousands of properties, of which some must be there",
    schema({ type: "object", properties, additionalProperties: true, minProperties: 5 }),
    JSON.stringify(Object.fromEntries(names.slice(0, 5).map((name) => [name, null]))),
    '{"value 7":null}',
  ],
]

describe("an absurd form", () => {
  it.each(refused)("%s is refused by its path", (_name, option, make) => {
    const form = make()
    let error: unknown
    try {
      checkConstraint(form, "constraint")
      automatonOf(form)
    } catch (thrown) {
      error = thrown
    }
    assert.instanceOf(error, InvalidRequestError)
    assert.match(error.option, option)
  })

  it.each(followed)("%s is followed", (_name, form, text, wrong) => {
    checkConstraint(form, "constraint")
    const automaton = automatonOf(form)
    assert.isTrue(letsThrough(automaton, text))
    assert.isFalse(letsThrough(automaton, wrong))
  })
})
