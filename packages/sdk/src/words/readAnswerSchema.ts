/** Reads a schema that an answer is held to, and makes values of the answer. A page loads this with its first schema. */
import type { StandardSchemaV1 } from "effect/StandardSchema"
import type { AnswerSchema, PartialOf, StandardSchema, ValueOf } from "./AnswerSchema.ts"
import { show } from "./Checks.ts"
import type { JsonSchema } from "./Constraint.ts"
import { InvalidObjectError, invalidRequest, isFacetError } from "./Errors.ts"
import type { GenerationPart } from "./Generation.ts"
import { isRecord, parseJson } from "./Json.ts"
import { PartialJson } from "./PartialJson.ts"

export { checkForm } from "./checkForm.ts"

/** What a schema comes to. */
export interface ReadSchema<Value> {
  /** What the engine holds the text to. */
  readonly json: JsonSchema
  /** @throws InvalidObjectError for what the schema's own validator refuses. */
  readonly validate: (value: unknown, text: string) => Promise<Value>
}

/**
 * @param path where it stands, as a caller writes it.
 * @throws InvalidRequestError for what is no schema, and for one that tells no JSON Schema.
 */
export async function readAnswerSchema<const S extends AnswerSchema>(
  schema: S,
  path = "schema",
): Promise<ReadSchema<ValueOf<S>>> {
  const read = await readAny(schema, path)
  // `ValueOf` says of each kind of schema what its validator gives.
  return read as ReadSchema<ValueOf<S>>
}

async function readAny(schema: AnswerSchema, path: string): Promise<ReadSchema<unknown>> {
  if (isObject(schema) && "~effect/Schema/Schema" in schema) return readEffect(schema, path)
  if (isStandard(schema)) return readStandard(schema, path)
  // What a JSON Schema holds is checked with the other options.
  return { json: schema, validate: async (value) => value }
}

async function readEffect(schema: object, path: string): Promise<ReadSchema<unknown>> {
  const { readEffectSchema } = await import("./readEffectSchema.ts")
  try {
    const { json, validate } = readEffectSchema(schema)
    return { json, validate: validatorOf(validate) }
  } catch (cause) {
    throw noJson(path, cause)
  }
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function"

const isStandard = (schema: AnswerSchema): schema is StandardSchema => isObject(schema) && "~standard" in schema

function readStandard({ "~standard": standard }: StandardSchema, path: string): ReadSchema<unknown> {
  if (!isRecord(standard) || typeof standard.validate !== "function") {
    throw invalidRequest(path, `${show(standard)} is no Standard Schema`, "Pass a schema of a library as it is.")
  }
  const { jsonSchema } = standard
  if (jsonSchema === undefined) {
    throw invalidRequest(
      path,
      `this schema of ${standard.vendor} tells no JSON Schema`,
      converters[standard.vendor] ?? "Pass `jsonSchema(…, schema)` of the JSON Schema that a converter makes of it.",
    )
  }
  try {
    return { json: jsonSchema.input({ target: "draft-2020-12" }), validate: validatorOf(standard.validate) }
  } catch (cause) {
    throw noJson(path, cause)
  }
}

const noJson = (path: string, cause: unknown) =>
  invalidRequest(path, `it cannot be a JSON Schema (${messageOf(cause)})`, "Use what JSON can say.")

/** What libraries have that make a JSON Schema of a schema which does not tell it by itself. */
const converters: Readonly<Record<string, string>> = {
  arktype: "Pass `jsonSchema(schema.toJsonSchema(), schema)`, or use a later arktype.",
  valibot: "Pass `jsonSchema(toJsonSchema(schema), schema)`, with `toJsonSchema` of `@valibot/to-json-schema`.",
  zod: "Pass `jsonSchema(z.toJSONSchema(schema), schema)`, or use zod 4.2 or later.",
}

type Validate = StandardSchemaV1.Props<unknown, unknown>["validate"]

const validatorOf =
  (validate: Validate): ReadSchema<unknown>["validate"] =>
  async (value, text) => {
    const result = await settled(validate, value, text)
    const [issue] = result.issues ?? []
    if (issue !== undefined) throw new InvalidObjectError({ path: pathOf(issue), problem: issue.message, text })
    return "value" in result ? result.value : undefined
  }

/** A validator that throws refuses, too. */
async function settled(validate: Validate, value: unknown, text: string) {
  try {
    return await validate(value)
  } catch (cause) {
    if (isFacetError(cause)) throw cause
    throw new InvalidObjectError({ path: "object", problem: messageOf(cause), text })
  }
}

/** `object.people[2].name` */
function pathOf({ path = [] }: StandardSchemaV1.Issue): string {
  const keys = path.map((step) => (typeof step === "object" ? step.key : step))
  return keys.reduce<string>(
    (at, key) => (typeof key === "number" ? `${at}[${key}]` : `${at}.${String(key)}`),
    "object",
  )
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** Adds to the parts of a generation what their text says: so far, and validated at its end. */
export class AnswerObjects<Value> {
  readonly #schema: ReadSchema<Value>
  readonly #json = new PartialJson()

  constructor(schema: ReadSchema<Value>) {
    this.#schema = schema
  }

  /** @throws InvalidObjectError for a whole answer that the schema's own validator refuses. */
  async pass(part: GenerationPart): Promise<GenerationPart<Value>> {
    if (part.type === "text") {
      this.#json.push(part.text)
      const said = this.#json.value
      const { object: _object, ...rest } = part
      // As far as it goes, it is a value of the schema: the engine lets nothing else out.
      return said === undefined ? rest : { ...rest, object: said.value as PartialOf<Value> }
    }
    if (part.type !== "finish") return part
    const { object: _object, ...rest } = part
    // What was cut has no value, also where it can be read: `1` may have been meant to become `12`.
    const whole = part.finishReason === "stop" ? parseJson(this.#json.text) : undefined
    return whole === undefined ? rest : { ...rest, object: await this.#schema.validate(whole.value, this.#json.text) }
  }
}
