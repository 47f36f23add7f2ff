/** What is written by a schema fits it: all that it may be, and nothing else. */
import { createRequire } from "node:module"
import { assert, describe, it } from "@effect/vitest"
import { tries } from "../../../../../../test/campaign.ts"
import type { JsonSchema } from "../../../../src/words/Constraint.ts"
import { InvalidRequestError } from "../../../../src/words/Errors.ts"
import { letsThrough, schemaAutomaton, tokenizer, writeAtRandom } from "../../../fixtures/constraint.ts"
import { forSeeds } from "../../../fixtures/random.ts"
import { randomSchema } from "../../../fixtures/randomSchema.ts"

const require = createRequire(import.meta.url)
// Both are CommonJS, whose types say nothing that this test needs.
const Ajv = require("ajv/dist/2020.js").default
const addFormats = require("ajv-formats").default
const options = { strict: false, multipleOfPrecision: 9, validateSchema: false }
const [draft7, draft2020] = [new (require("ajv").default)(options), new Ajv(options)]
addFormats(draft7)
addFormats(draft2020)
/** A list of items is a schema of draft-07 alone. */
const isValid = (schema: JsonSchema, value: unknown): boolean =>
  (typeof schema === "object" && Array.isArray(schema["items"]) ? draft7 : draft2020).validate(schema, value) === true

describe("a text by a schema", () => {
  it("is JSON that fits it, whatever the model would say", () => {
    forSeeds(tries(30, 2000), (random) => {
      const schema = randomSchema(random, 3)
      const automaton = schemaAutomaton(schema)
      const room = Math.max(60, Math.ceil(automaton.start.distance * 1.3))
      const { isWhole, text } = writeAtRandom(automaton, random, room)
      assert.isTrue(isWhole, `cut: ${text} for ${JSON.stringify(schema)}`)
      assert.isTrue(isValid(schema, JSON.parse(text)), `${text} does not fit ${JSON.stringify(schema)}`)
      assert.isTrue(hasDistinctKeys(text), text)
    })
  })

  it("ends in time where there is room for its shortest text in tokens, whose bytes are more", () => {
    const names = ["the name of the animal", "is it an animal", "what the animal said"]
    const properties = Object.fromEntries(
      names.map((name, i) => [name, [{ type: "string" }, { type: "boolean" }, {}][i]]),
    )
    const automaton = schemaAutomaton({ type: "object", properties, required: names })
    const shortest = `{"${names[0]}":"","${names[1]}":true,"${names[2]}":0}`
    const fewest = tokenizer.encodePlain(shortest).length
    assert.isBelow(automaton.start.distance, 1.2 * fewest)
    forSeeds(tries(8), (random) => {
      assert.isTrue(writeAtRandom(automaton, random, automaton.start.distance).isWhole)
    })
  })

  it("ends in time, though it may go on for ever", () => {
    forSeeds(tries(20), (random) => {
      const schema = random.pick([{}, { type: "array" }, { type: "string" }])
      const room = 10 + random.below(30)
      const { isWhole, text, tokens } = writeAtRandom(schemaAutomaton(schema), random, room)
      assert.isTrue(isWhole, text)
      assert.isAtMost(tokens, room)
      assert.doesNotThrow(() => JSON.parse(text))
    })
  })
})

/** What `JSON.parse` reads is what was written: of keys that come twice it would keep one. */
function hasDistinctKeys(text: string): boolean {
  const count = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 0
    const values: ReadonlyArray<unknown> = Object.values(value)
    return (Array.isArray(value) ? 0 : values.length) + values.reduce<number>((sum, one) => sum + count(one), 0)
  }
  const keys = text.match(/"(?:[^"\\]|\\.)*" ?:|"(?:[^"\\]|\\.)*"/gu)?.filter((match) => match.endsWith(":")) ?? []
  return keys.length === count(JSON.parse(text))
}

/** Keyword by keyword, in the shape of the JSON Schema Test Suite: schemas, values that fit, values that do not. */
const cases: ReadonlyArray<
  readonly [name: string, schema: JsonSchema, fit: ReadonlyArray<unknown>, unfit: ReadonlyArray<unknown>]
> = [
  ["true", true, [1, "a", null, [], {}, { a: [1] }], []],
  ["type", { type: "integer" }, [0, 1, -5, 9007199254740991], [1.5, "1", null, true, [], {}]],
  ["type of several", { type: ["string", "null"] }, ["", "a", null], [0, false, [], {}]],
  ["type, number", { type: "number" }, [0, 1, -5, 0.5, -12.25], ["1", null]],
  ["enum", { enum: ["a", 1, null, [1, 2], { b: "é" }] }, ["a", 1, null, [1, 2], { b: "é" }], ["b", 2, [1], {}, false]],
  ["enum beside other keywords", { enum: ["a", "bb", 3], type: "string", minLength: 2 }, ["bb"], ["a", 3]],
  ["const", { const: { a: 1 } }, [{ a: 1 }], [{ a: 2 }, {}, 1]],
  ["minimum", { type: "integer", minimum: 2 }, [2, 3, 10, 200], [1, 0, -1, -2]],
  ["maximum", { type: "integer", maximum: 120 }, [120, 119, 9, 0, -500], [121, 129, 200, 1000]],
  ["exclusiveMinimum", { type: "number", exclusiveMinimum: 1.5 }, [1.6, 1.51, 2, 10], [1.5, 1.4, 1, 0, -2]],
  ["exclusiveMaximum", { type: "number", exclusiveMaximum: -0.25 }, [-0.26, -1, -0.3, -100], [-0.25, -0.2, 0, 1]],
  ["multipleOf", { type: "integer", multipleOf: 7 }, [0, 7, 14, -21, 700], [1, 8, -20]],
  ["multipleOf, decimals", { type: "number", multipleOf: 0.01 }, [0, 1.13, 4.5, -2.01], [1.131, 0.005]],
  [
    "minLength and maxLength",
    { type: "string", minLength: 2, maxLength: 3 },
    ["ab", "abc", "😀😀", "é\n"],
    ["", "a", "abcd", "😀"],
  ],
  ["pattern, unanchored", { type: "string", pattern: "b+" }, ["b", "abc", "bbb"], ["", "ac"]],
  ["pattern and maxLength", { type: "string", pattern: "^[ab]*$", maxLength: 2 }, ["", "ab"], ["aba", "c"]],
  [
    "pattern and minLength of characters that are escaped",
    { type: "string", pattern: '^["\\\\]+$', minLength: 2 },
    ['""', '\\"'],
    ['"', "ab"],
  ],
  ["exclusiveMinimum 0", { type: "number", exclusiveMinimum: 0 }, [0.1, 1], [0, -1]],
  [
    "pattern that says how long a text is",
    { type: "string", pattern: "^(?=.{2,3}$)[a-z\n]+$" },
    ["ab", "abc"],
    ["a", "abcd", "a\n"],
  ],
  [
    "what OpenAPI says beside",
    {
      $ref: "#/components/schemas/A",
      components: { schemas: { A: { type: "integer", example: 3, xml: { name: "a" } } } },
    },
    [1],
    ["x"],
  ],
  ["format", { type: "string", format: "date" }, ["2024-02-29", "1999-12-31"], ["2023-02-29", "1999-13-01", "x"]],
  ["format, ipv4", { type: "string", format: "ipv4" }, ["0.0.0.0", "255.1.20.3"], ["256.1.1.1", "1.1.1", "01.1.1.1"]],
  [
    "properties and required",
    { type: "object", properties: { a: { type: "integer" }, b: { type: "string" } }, required: ["b"] },
    [{ a: 1, b: "x" }, { b: "x" }],
    [{}, { a: 1 }, { a: "1", b: "x" }],
  ],
  [
    "additionalProperties false",
    { type: "object", properties: { a: {} }, additionalProperties: false },
    [{}, { a: 1 }],
    [{ b: 1 }],
  ],
  [
    "additionalProperties",
    { type: "object", properties: { a: {} }, additionalProperties: { type: "boolean" } },
    [
      { a: 1, b: true },
      { b: true, c: false },
    ],
    [{ b: 1 }],
  ],
  [
    "patternProperties",
    {
      type: "object",
      patternProperties: { "^n": { type: "integer" }, s$: { type: "string" } },
      additionalProperties: false,
    },
    [{ n: 1 }, { ns: 1 }, { es: "x" }].filter((value) => !("ns" in value)),
    [{ n: "x" }, { es: 1 }, { x: 1 }, { ns: 1 }],
  ],
  [
    "propertyNames",
    { type: "object", propertyNames: { pattern: "^[a-z]$" }, additionalProperties: { type: "integer" } },
    [{}, { a: 1, b: 2 }],
    [{ ab: 1 }, { A: 1 }],
  ],
  [
    "propertyNames, listed",
    { type: "object", propertyNames: { enum: ["x", "y"] }, additionalProperties: { type: "integer" } },
    [{}, { x: 1 }, { x: 1, y: 2 }],
    [{ z: 1 }, { x: "1" }],
  ],
  [
    "minProperties and maxProperties",
    { type: "object", additionalProperties: { type: "integer" }, minProperties: 1, maxProperties: 2 },
    [{ a: 1 }, { a: 1, b: 2 }],
    [{}, { a: 1, b: 2, c: 3 }],
  ],
  ["items", { type: "array", items: { type: "integer" } }, [[], [1], [1, 2, 3]], [["a"], [1, "a"], {}]],
  [
    "minItems and maxItems",
    { type: "array", items: { type: "integer" }, minItems: 1, maxItems: 2 },
    [[1], [1, 2]],
    [[], [1, 2, 3]],
  ],
  [
    "prefixItems",
    { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], items: { type: "null" } },
    [
      [1, "a"],
      [1, "a", null],
    ],
    [
      ["a", 1],
      [1, "a", 2],
    ],
  ],
  [
    "prefixItems, items false",
    { type: "array", prefixItems: [{ type: "integer" }], items: false, minItems: 0 },
    [[], [1]],
    [[1, 2], ["a"]],
  ],
  [
    "items as a list",
    { type: "array", items: [{ type: "integer" }], additionalItems: { type: "string" } },
    [[1], [1, "a", "b"]],
    [[1, 2], ["a"]],
  ],
  ["an empty list of items", { type: "array", items: [], additionalItems: false }, [[]], [[1]]],
  ["anyOf", { anyOf: [{ type: "integer" }, { type: "string", maxLength: 1 }] }, [1, "a", ""], ["ab", null, 1.5]],
  [
    "anyOf beside other keywords",
    { type: "object", properties: { a: {}, b: {} }, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
    [{ a: 1 }, { b: 1 }, { a: 1, b: 2 }],
    [{}],
  ],
  [
    "oneOf of objects that must have another member each",
    {
      oneOf: [
        { type: "object", properties: { a: { const: 1 }, c: {} }, required: ["a"] },
        { type: "object", properties: { b: { const: 2 }, c: {} }, required: ["b"] },
      ],
    },
    [{ a: 1 }, { b: 2 }, { b: 2, c: 3 }],
    [{ a: 1, b: 2 }, {}, { c: 3 }],
  ],
  ["oneOf of different types", { oneOf: [{ type: "integer" }, { type: "string" }] }, [1, "a"], [null, 1.5]],
  [
    "oneOf told apart by a constant",
    {
      oneOf: [
        { type: "object", properties: { t: { const: "a" }, x: { type: "integer" } }, required: ["t", "x"] },
        { type: "object", properties: { t: { const: "b" } }, required: ["t"] },
      ],
    },
    [{ t: "a", x: 1 }, { t: "b" }],
    [{ t: "a" }, { t: "c" }, {}],
  ],
  [
    "allOf",
    {
      allOf: [
        { type: "object", properties: { a: { type: "integer" } }, required: ["a"] },
        { properties: { a: { minimum: 3 }, b: {} } },
      ],
    },
    [{ a: 3 }, { a: 5, b: null }],
    [{ a: 2 }, { b: 1 }, { a: "3" }],
  ],
  [
    "allOf of bounds",
    { allOf: [{ type: "integer", minimum: 2 }, { maximum: 4 }, { multipleOf: 2 }] },
    [2, 4],
    [3, 0, 6],
  ],
  [
    "$ref and its siblings",
    { $ref: "#/$defs/text", minLength: 2, $defs: { text: { type: "string" } } },
    ["ab"],
    ["a", 1],
  ],
  ["$ref with escapes", { $ref: "#/$defs/a~1b%25", $defs: { "a/b%": { type: "null" } } }, [null], [1]],
  ["$anchor", { $ref: "#leaf", $defs: { x: { $anchor: "leaf", type: "null" } } }, [null], [1]],
  [
    "a recursive $ref",
    { type: "object", properties: { v: { type: "integer" }, next: { $ref: "#" } }, required: ["v"] },
    [{ v: 1 }, { v: 1, next: { v: 2, next: { v: 3 } } }],
    [{ v: 1, next: {} }],
  ],
  [
    "definitions",
    { definitions: { d: { type: "boolean" } }, type: "array", items: { $ref: "#/definitions/d" } },
    [[true, false]],
    [[1]],
  ],
  ["nullable", { type: "string", nullable: true }, ["a", null], [1]],
  [
    "annotations",
    {
      type: "null",
      title: "t",
      description: "d",
      default: 1,
      examples: [2],
      $comment: "c",
      "x-own": 1,
      deprecated: true,
    },
    [null],
    [1],
  ],
  [
    "unevaluatedProperties false",
    { type: "object", properties: { a: {} }, unevaluatedProperties: false },
    [{}, { a: 1 }],
    [{ b: 1 }],
  ],
  [
    "unevaluatedItems false",
    { type: "array", prefixItems: [{ type: "integer" }], unevaluatedItems: false, minItems: 0 },
    [[], [1]],
    [[1, 2], ["a"]],
  ],
  ["false within", { type: "object", properties: { a: false, b: true } }, [{}, { b: 1 }], [{ a: 1 }]],
  [
    "names that every object of JavaScript has",
    { type: "object", properties: { constructor: { type: "integer" }, toString: {} }, required: ["constructor"] },
    [{ constructor: 1 }, JSON.parse('{"constructor":1,"toString":2}')],
    [{}, { constructor: "x" }, JSON.parse('{"__proto__":1}')],
  ],
  [
    "a property of the name $ref",
    { type: "object", properties: { $ref: { type: "string" } } },
    [{ $ref: "a" }],
    [{ $ref: 1 }],
  ],
  [
    "const of what is falsy",
    { type: "array", items: { enum: [0, false, null, ""] } },
    [[0, false, null, ""]],
    [[1], [[]]],
  ],
  [
    "names with escapes",
    { type: "object", properties: { 'a"\n\\': { type: "null" } } },
    [{ 'a"\n\\': null }],
    [{ a: null }],
  ],
  ["integers with a fraction of nothing", { type: "integer" }, [1, -1], [1.1, 0.5]],
  ["contentEncoding", { type: "string", contentEncoding: "base64" }, ["", "YWI=", "YWJj"], ["a", "YWI", "?"]],
  ["not of everything", { type: "object", properties: { a: { not: {} }, b: {} } }, [{}, { b: 1 }], [{ a: 1 }]],
]

describe("keywords", () => {
  it.each(cases)("%s", (_name, schema, fit, unfit) => {
    const automaton = schemaAutomaton(schema)
    for (const value of fit) {
      assert.isTrue(isValid(schema, value), `the test is wrong: ${JSON.stringify(value)}`)
      assert.isTrue(letsThrough(automaton, JSON.stringify(value)), JSON.stringify(value))
    }
    for (const value of unfit) {
      assert.isFalse(letsThrough(automaton, JSON.stringify(value)), JSON.stringify(value))
    }
  })

  it("let one space stand behind a comma and a colon, and nowhere else", () => {
    const automaton = schemaAutomaton({
      type: "object",
      properties: { a: { type: "array", items: { type: "integer" } }, b: {} },
    })
    assert.isTrue(letsThrough(automaton, '{"a": [1, 2], "b": true}'))
    for (const text of ['{ "a":[1]}', '{"a" :[1]}', '{"a":  [1]}', '{"a":[1 ,2]}', '{"a":[1]}\n', " {}"]) {
      assert.isFalse(letsThrough(automaton, text), text)
    }
  })

  it("let no key come twice, however it is spelt", () => {
    const schema = { type: "object", properties: { "a\n": {} }, additionalProperties: true }
    const { machine, start } = schemaAutomaton(schema)
    const says = (text: string): boolean => {
      let state: typeof start | null = start
      const bytes = new TextEncoder().encode(text)
      for (const [i, byte] of bytes.entries()) {
        const name = (): string =>
          String(JSON.parse(/"(?:[^"\\]|\\.)*"$/.exec(new TextDecoder().decode(bytes.subarray(0, i + 1)))?.[0] ?? '""'))
        state = state === null ? null : machine.advance(state, byte, name)
      }
      return state?.isDone === true
    }
    assert.isTrue(says('{"b":1,"ba":2}'))
    assert.isFalse(says('{"b":1,"b":2}'))
    assert.isFalse(says('{"é\\"":1,"c":3,"é\\"":2}'))
    assert.isFalse(says('{"a\\n":1,"a\\n":2}'))
    assert.isTrue(says('{"b":{"b":1},"c":{"b":2}}'))
  })
})

/** What is refused, and the path that the error names. */
const refused: ReadonlyArray<readonly [schema: JsonSchema, path: string]> = [
  [{ type: "strin" }, "schema.type"],
  [{ type: "object", properties: { a: { minLenght: 1 } } }, "schema.properties.a.minLenght"],
  [{ type: "array", items: {}, uniqueItems: true }, "schema.uniqueItems"],
  [{ not: { type: "string" } }, "schema.not"],
  [{ if: {}, else: {} }, "schema.if"],
  [{ type: "object", dependentRequired: { a: ["b"] } }, "schema.dependentRequired"],
  [{ type: "array", contains: {} }, "schema.contains"],
  [{ $ref: "other.json#/a" }, "schema.$ref"],
  [{ $ref: "#/$defs/none" }, "schema.$ref"],
  [{ $ref: "#" }, "schema"],
  [{ allOf: [{ $ref: "#/$defs/a" }], $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } }, "schema.$defs.a"],
  [{ type: "integer", minimum: 3, maximum: 2 }, "schema.maximum"],
  [{ type: "integer", minimum: 2.2, maximum: 2.8 }, "schema.maximum"],
  [{ type: "string", minLength: 3, maxLength: 2 }, "schema.maxLength"],
  [{ type: "string", minLength: -1 }, "schema.minLength"],
  [{ type: "string", pattern: "(" }, "schema.pattern"],
  [{ type: "string", pattern: "(a)\\1" }, "schema.pattern"],
  [{ type: "string", pattern: "(?<=a)b" }, "schema.pattern"],
  [{ type: "string", pattern: ".*a.{30}" }, "schema.pattern"],
  [{ type: "string", pattern: "^a$", minLength: 2 }, "schema.pattern"],
  [{ type: "string", format: "colour" }, "schema.format"],
  [{ type: "object", required: ["a"], additionalProperties: false }, "schema.additionalProperties"],
  [{ type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }, "schema"],
  [{ oneOf: [{ type: "integer" }, { type: "number" }] }, "schema.oneOf"],
  [
    {
      oneOf: [
        { properties: { a: {} }, required: ["a"] },
        { properties: { b: {} }, required: ["b"] },
      ],
      anyOf: [{ properties: { a: {}, b: {} } }, { properties: { c: {} } }],
    },
    "schema.oneOf",
  ],
  [
    {
      oneOf: [
        { properties: { a: {} }, required: ["a"], additionalProperties: true },
        { properties: { b: {} }, required: ["b"] },
      ],
    },
    "schema.oneOf",
  ],
  [{ oneOf: [{ properties: { a: {} }, required: ["a"] }, { properties: { b: {} } }] }, "schema.oneOf"],
  [{ enum: [] }, "schema.enum"],
  [{ type: "string", enum: [1, 2] }, "schema.enum"],
  [{ $schema: "http://json-schema.org/draft-03/schema" }, "schema.$schema"],
  [{ type: "object", properties: { a: { $id: "x" } } }, "schema.properties.a.$id"],
  [false, "schema"],
]

describe("a schema that cannot be followed", () => {
  it.each(refused)("%j is refused by its path", (schema, path) => {
    try {
      schemaAutomaton(schema)
    } catch (error) {
      assert.instanceOf(error, InvalidRequestError)
      assert.strictEqual(error.option, path, error.message)
      return
    }
    assert.fail("it was let through")
  })

  it("may be large", () => {
    const values = Array.from({ length: 10_000 }, (_, i) => `value ${i * 7919}`)
    const automaton = schemaAutomaton({ enum: values })
    assert.isTrue(letsThrough(automaton, JSON.stringify(values.at(-1))))
    assert.isFalse(letsThrough(automaton, '"value 1"'))
    const properties = Object.fromEntries(values.slice(0, 1000).map((name) => [name, { type: "integer" }]))
    assert.isTrue(
      letsThrough(schemaAutomaton({ type: "object", properties }), JSON.stringify({ [values[500] ?? ""]: 1 })),
    )
  })
})
