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
  [
    "a pattern of a million characters",
    /^schema\.pattern$/,
    () => schema({ type: "string", pattern: "a".repeat(1e6) }),
  ],
  [
    "a pattern of which a text of a billion must be",
    /^schema\.pattern$/,
    () => schema({ type: "string", pattern: "^a*$", minLength: 1e9 }),
  ],
  ["values of which one is missing", /^schema\.enum\[1\]$/, () => schema({ enum: ["a", undefined] })],
  // oxlint-disable-next-line no-sparse-arrays -- that is the case
  ["values with a hole", /^schema\.enum\[0\]$/, () => schema({ enum: [, "a"] })],
  ["a date as a constant", /^schema\.const$/, () => schema({ const: new Date(0) })],
  ["a map as a constant", /^schema\.const\.a$/, () => schema({ const: { a: new Map([[1, 2]]) } })],
  [
    "more members than there are names",
    /^schema\.minProperties$/,
    () => schema({ type: "object", properties: { a: {} }, minProperties: 1e12 }),
  ],
  [
    "items one by one in the words of two drafts",
    /^schema\.items$/,
    () => schema({ type: "array", prefixItems: [{}], items: [{}] }),
  ],
  [
    "the further items of another draft",
    /^schema\.additionalItems$/,
    () => schema({ type: "array", prefixItems: [{}], additionalItems: false }),
  ],
  [
    "two places of one name",
    /^schema\.\$defs\.b\.\$anchor$/,
    () => schema({ $ref: "#x", $defs: { a: { $anchor: "x" }, b: { $anchor: "x", type: "null" } } }),
  ],
  ["no pattern beside values", /^schema\.pattern$/, () => schema({ enum: ["a"], pattern: "(" })],
  ["a rule that begins with itself", /^grammar$/, () => ({ type: "grammar", grammar: 'root ::= root "a" | "b"' })],
]

const zodEmail =
  "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"

const names = Array.from({ length: 2000 }, (_, i) => `value ${i}`)
const properties = Object.fromEntries(names.map((name) => [name, { type: "null" }]))

const followed: ReadonlyArray<readonly [name: string, form: Constraint, text: string, wrong: string]> = [
  ["nested repetitions, which make others run for ever", regex("(a+)+b"), `${"a".repeat(40)}b`, "a".repeat(40)],
  [
    "values beside a pattern that makes others run for ever",
    schema({ enum: [`${"a".repeat(40)}!`, "aa"], pattern: "^(a+)+$" }),
    '"aa"',
    '"a"',
  ],
  [
    "names beside such a pattern",
    schema({
      properties: { [`${"a".repeat(40)}!`]: { const: 1 }, aa: { const: 2 } },
      patternProperties: { "^(a+)+$": { type: "integer" } },
      required: ["aa"],
    }),
    '{"aa":2}',
    '{"aa":1}',
  ],
  ["a choice of ten thousand", { type: "choices", choices: names.concat(names.map((n) => `${n}!`)) }, "value 7!", "v"],
  [
    "a mail address of some length",
    schema({ type: "string", format: "email", minLength: 9, maxLength: 100 }),
    '"ann@host.org"',
    '"a@b.com"',
  ],
  [
    "a mail address of some length, as zod tells it",
    schema({ type: "string", format: "email", pattern: zodEmail, maxLength: 12 }),
    '"ann@host.org"',
    '"anna@host.org"',
  ],
  [
    "a link of two thousand",
    schema({ type: "string", format: "uri", maxLength: 2048 }),
    '"https://a.com/x"',
    '"https"',
  ],
  [
    "words of five thousand",
    schema({ type: "string", pattern: "^[a-z0-9]+(?:-[a-z0-9]+)*$", minLength: 3, maxLength: 5000 }),
    '"a-b"',
    '"ab"',
  ],
  [
    "base64 of ten thousand",
    schema({ type: "string", contentEncoding: "base64", maxLength: 10_000 }),
    '"YWI="',
    '"YWI"',
  ],
  [
    "names of some length",
    schema({
      type: "object",
      propertyNames: { pattern: "^[a-z]+$", maxLength: 300 },
      additionalProperties: { const: 1 },
    }),
    '{"abc":1}',
    '{"A":1}',
  ],
  [
    "patterns beside each other, of some length",
    schema({ type: "string", allOf: [{ pattern: "^foo" }, { pattern: "bar$" }, { pattern: "baz" }], maxLength: 1000 }),
    '"foo baz bar"',
    '"foo bar"',
  ],
  ["one of two thousand constants", schema({ oneOf: names.map((name) => ({ const: name })) }), '"value 7"', '"value"'],
  [
    "one of a thousand objects, told apart by a constant",
    schema({
      oneOf: names.slice(0, 1000).map((name) => ({ properties: { is: { const: name }, a: {} }, required: ["is"] })),
    }),
    '{"is":"value 7"}',
    '{"is":"value"}',
  ],
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
