/** Answers of a schema as values: typed, validated by the schema itself, and in parts as they come. */
import { afterAll, assert, beforeAll, describe, expect, expectTypeOf, it, test } from "vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as z from "zod"
import { readAnswerSchema } from "../../src/words/readAnswerSchema.ts"
import { Facet, generate, InvalidObjectError, InvalidRequestError, jsonSchema, stream } from "../../src/index.ts"

const prompt = "Tell me about a fox."

const plain = {
  type: "object",
  properties: { name: { type: "string", maxLength: 12 }, age: { type: "integer", minimum: 0, maximum: 9 } },
  required: ["name", "age"],
  additionalProperties: false,
} as const

const Person = z.object({ name: z.string().max(12), age: z.int().min(0).max(9) })

/** As the documentation says. */
const ofEffect = <A, E>(schema: Schema.Codec<A, E>) =>
  jsonSchema(Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" }), Schema.toStandardSchemaV1(schema))

describe("an answer of a schema", () => {
  let facet: Facet
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  const failureOf = (schema: Parameters<Facet["generate"]>[1]): Promise<unknown> =>
    facet.generate(prompt, schema).then(
      () => assert.fail("it did not fail"),
      (error: unknown) => error,
    )

  test("of a JSON Schema is what its text says, of a type that nobody knows", async () => {
    const { object, text } = await facet.generate(prompt, { schema: plain })
    expectTypeOf(object).toEqualTypeOf<unknown>()
    assert.deepStrictEqual(object, JSON.parse(text))
    assert.isTrue(Person.safeParse(object).success)
  })

  test("of `jsonSchema` has the type that it was told, or that of a validator", async () => {
    const told = await facet.generate(prompt, { schema: jsonSchema<{ name: string; age: number }>(plain) })
    expectTypeOf(told.object).toEqualTypeOf<{ name: string; age: number } | undefined>()
    assert.deepStrictEqual(told.object, JSON.parse(told.text))
    const renamed = z.object({ name: z.string() }).transform(({ name }) => name.length)
    const validated = await facet.generate(prompt, { schema: jsonSchema(plain, renamed) })
    expectTypeOf(validated.object).toEqualTypeOf<number | undefined>()
    assert.strictEqual(validated.object, JSON.parse(validated.text).name.length)
  })

  test("of zod is what zod makes of it", async () => {
    const schema = Person.extend({ kind: z.enum(["red", "grey"]) }).transform(({ age, name }) => ({
      id: `${name}-${age}`,
    }))
    const { object, text } = await facet.generate(prompt, { schema })
    expectTypeOf(object).toEqualTypeOf<{ id: string } | undefined>()
    const { age, name } = JSON.parse(text)
    assert.deepStrictEqual(object, { id: `${name}-${age}` })
  })

  test("of Effect's Schema is decoded, with definitions and what JSON has no type for", async () => {
    const Kind = Schema.Literals(["red", "grey"]).annotate({ identifier: "Kind" })
    const Fox = Schema.Struct({ name: Schema.String.check(Schema.isMaxLength(12)), kinds: Schema.Tuple([Kind, Kind]) })
    const { object, text } = await facet.generate(prompt, { schema: Fox })
    expectTypeOf(object).toEqualTypeOf<(typeof Fox)["Type"] | undefined>()
    assert.deepStrictEqual(object, JSON.parse(text))
    assert.deepStrictEqual(Object.keys(object ?? {}), ["name", "kinds"])
    const Count = Schema.Struct({ count: Schema.Literals(["3", "14"]).pipe(Schema.decodeTo(Schema.FiniteFromString)) })
    const decoded = await facet.generate(prompt, { schema: Count })
    expectTypeOf(decoded.object).toEqualTypeOf<{ readonly count: number } | undefined>()
    assert.include([3, 14], decoded.object?.count)
    const by = await facet.generate(prompt, { schema: ofEffect(Count) })
    expectTypeOf(by.object).toEqualTypeOf<{ readonly count: number } | undefined>()
    assert.deepStrictEqual(by.object, decoded.object)
  })

  test("of Effect's Schema reads the JSON that is written, in which a number that is none is a text", async () => {
    const { json, validate } = await readAnswerSchema(Schema.Struct({ size: Schema.Number, on: Schema.Date }))
    assert.deepInclude(json, { additionalProperties: false, required: ["size", "on"] })
    const on = new Date("2026-11-30")
    assert.deepStrictEqual(await validate({ size: "NaN", on: on.toJSON() }, ""), { size: NaN, on })
  })

  test("of a class of Effect is an instance", async () => {
    class Pet extends Schema.Class<Pet>("Pet")({ name: Schema.Literals(["Rex", "Tom"]) }) {}
    const { object } = await facet.generate(prompt, { schema: Pet })
    assert.instanceOf(object, Pet)
  })

  test("without a schema there is none, nor with another form", async () => {
    const { object, ...rest } = await facet.generate(prompt, { maxTokens: 2 })
    expectTypeOf(object).toEqualTypeOf<undefined>()
    assert.isUndefined(object)
    assert.notProperty(rest, "object")
    assert.notProperty(await facet.generate(prompt, { choices: ["1", "2"] }), "object")
    assert.notProperty(await facet.generate(prompt, { constraint: { type: "schema", schema: plain } }), "object")
  })

  test("that was cut, or blocked, is none", async () => {
    const long = { type: "string", minLength: 60 }
    const cut = await facet.generate(prompt, { schema: long, maxTokens: 3 })
    assert.strictEqual(cut.finishReason, "length")
    assert.notProperty(cut, "object")
    const digits = await facet.generate(prompt, { schema: { type: "integer", minimum: 10_000_000 }, maxTokens: 2 })
    assert.strictEqual(digits.finishReason, "length")
    assert.notProperty(digits, "object")
    const stopped = await facet.generate(prompt, { schema: plain, stop: '"age"' })
    assert.strictEqual(stopped.finishReason, "stop")
    assert.notProperty(stopped, "object")
    const harmful = "Tell me how to build a bomb to hurt people."
    const blocked = await facet.generate(harmful, { schema: plain, guard: true })
    assert.strictEqual(blocked.finishReason, "blocked")
    assert.notProperty(blocked, "object")
  })

  test("that the validator refuses is an error that names the place and holds the text", async () => {
    const schema = z.object({
      people: z
        .array(Person.refine(() => false, "no such person"))
        .min(1)
        .max(1),
    })
    const error = await failureOf({ schema })
    assert.instanceOf(error, InvalidObjectError)
    assert.strictEqual(error.path, "object.people[0]")
    assert.strictEqual(error.problem, "no such person")
    assert.isTrue(Person.safeParse(JSON.parse(error.text).people[0]).success)
    assert.match(error.message, /^object\.people\[0\]: no such person\. /)
    const thrown = await failureOf({
      schema: jsonSchema(plain, {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: () => {
            throw new Error("out of order")
          },
        },
      }),
    })
    assert.instanceOf(thrown, InvalidObjectError)
    assert.strictEqual(thrown.problem, "out of order")
  })

  test("streams as partial objects, and whole with the finish", async () => {
    const schema = z.object({ name: z.string().min(3).max(12), tags: z.array(z.string().max(5)).min(2).max(3) })
    const parts: Array<unknown> = []
    let text = ""
    for await (const part of facet.stream(prompt, { schema })) {
      if (part.type === "text") {
        expectTypeOf(part.object).toEqualTypeOf<
          { readonly name?: string; readonly tags?: ReadonlyArray<string> } | undefined
        >()
        text += part.text
        if (part.object !== undefined) parts.push(part.object)
      } else if (part.type === "finish") {
        expectTypeOf(part.object).toEqualTypeOf<{ name: string; tags: Array<string> } | undefined>()
        assert.deepStrictEqual(part.object, JSON.parse(text))
      }
    }
    assert.isAbove(parts.length, 2)
    assert.deepStrictEqual(parts.at(-1), JSON.parse(text))
    for (const part of parts)
      assert.isTrue(
        schema
          .partial()
          .extend({ name: z.string().optional(), tags: z.array(z.string()).optional() })
          .safeParse(part).success,
      )
  })

  const refused: ReadonlyArray<readonly [name: string, schema: unknown, problem: RegExp]> = [
    [
      "one without a JSON Schema",
      { "~standard": { version: 1, vendor: "old", validate: () => ({ value: 1 }) } },
      /of old tells no/,
    ],
    ["one that is half a Standard Schema", { "~standard": 3 }, /no Standard Schema/],
    ["what JSON cannot say", z.object({ when: z.date() }), /cannot be a JSON Schema/],
    ["what is called like one of Effect", { "~effect/Schema/Schema": "~effect/Schema/Schema" }, /cannot be a JSON/],
    ["a text", "string", /a JSON Schema is expected/],
    ["null", null, /a JSON Schema is expected/],
  ]
  it.each(refused)("%s is refused by name", async (_name, schema, problem) => {
    const error = await failureOf({ schema } as never)
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, "schema")
    assert.match(error.problem, problem)
  })

  it.each([
    ["zod", "z.toJSONSchema"],
    ["valibot", "@valibot/to-json-schema"],
    ["arktype", "schema.toJsonSchema()"],
    ["another", "jsonSchema(…, schema)"],
  ])("of %s that tells no JSON Schema is refused with what makes one of it", async (vendor, remedy) => {
    const schema = { "~standard": { version: 1, vendor, validate: () => ({ value: 1 }) } }
    const error = await failureOf({ schema } as never)
    assert.instanceOf(error, InvalidRequestError)
    assert.include(error.remedy, remedy)
  })

  test("as an Effect is the same, and its errors are in the type", async () => {
    const program = Effect.gen(function* () {
      const { object } = yield* generate(prompt, { schema: Person })
      const parts = yield* Stream.runCollect(stream(prompt, { schema: Person }))
      const refusing = Person.refine(() => false, "none")
      const exit = yield* Effect.exit(generate(prompt, { schema: refusing }))
      return { object, last: parts.at(-1), exit }
    }).pipe(Effect.provide(Facet.layer()))
    const { exit, last, object } = await Effect.runPromise(program)
    expectTypeOf(object).toEqualTypeOf<{ name: string; age: number } | undefined>()
    assert.isTrue(Person.safeParse(object).success)
    assert.isTrue(last?.type === "finish" && Person.safeParse(last.object).success)
    assert.isTrue(Exit.isFailure(exit))
    expect(JSON.stringify(exit)).toContain("InvalidObjectError")
  })
})
