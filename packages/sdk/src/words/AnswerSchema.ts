/** Schemas that an answer may be held to, and what they say of its value. */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "effect/StandardSchema"
import type { JsonSchema } from "./Constraint.ts"

/** A Standard Schema that tells its JSON Schema, such as one of zod 4.2 or later, or of `jsonSchema()`. */
export interface StandardSchema<Value = unknown> {
  // The text is what goes into the schema; its value is what comes out.
  readonly "~standard": StandardSchemaV1.Props<unknown, Value> & Partial<Pick<StandardJSONSchemaV1.Props, "jsonSchema">>
}

/** A schema of Effect that needs no services, such as a `Schema.Struct`. What is written is its JSON, and is decoded. */
export interface EffectSchema<Value = unknown> {
  readonly "~effect/Schema/Schema": unknown
  readonly Type: Value
  readonly DecodingServices: never
}

/** A JSON Schema as it is, a Standard Schema or a schema of Effect. */
export type AnswerSchema = JsonSchema | StandardSchema | EffectSchema

/** The type of the values of a schema; of a JSON Schema as it is, nothing is known. */
export type ValueOf<S> = S extends { readonly "~standard": StandardSchemaV1.Props<unknown, infer Value> }
  ? Value
  : S extends EffectSchema<infer Value>
    ? Value
    : S extends JsonSchema
      ? unknown
      : never

/** A value whose text is not complete: whatever is not there yet is missing, at any depth. */
export type PartialOf<Value> = Value extends string | number | boolean | bigint | null | undefined | Date
  ? Value
  : Value extends ReadonlyArray<infer Item>
    ? ReadonlyArray<PartialOf<Item>>
    : Value extends object
      ? { readonly [Name in keyof Value]?: PartialOf<Value[Name]> }
      : Value
