/** The keywords of JSON Schema: which are followed, which say nothing of a value, and which are refused. */
import { show } from "../../../words/Checks.ts"
import { type InvalidRequestError, invalidRequest } from "../../../words/Errors.ts"
import { isList, isRecord, type JsonRecord } from "../../../words/Json.ts"

/** What a schema says and no value can break. */
const annotations = [
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$comment",
  "$schema",
  "$id",
  "id",
  "$anchor",
  "$defs",
  "definitions",
  // Of OpenAPI, where schemas come from it, and of editors and forms.
  "components",
  "discriminator",
  "example",
  "externalDocs",
  "xml",
  "enumDescriptions",
  "enumNames",
  "errorMessage",
  "markdownDescription",
  "propertyOrdering",
] as const

/** Those of each kind of value. */
export const kindKeywords = {
  string: ["minLength", "maxLength", "pattern", "format", "contentEncoding"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  array: ["items", "prefixItems", "additionalItems", "unevaluatedItems", "minItems", "maxItems", "uniqueItems"],
  object: [
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "minProperties",
    "maxProperties",
  ],
} as const

const applicators = ["type", "enum", "const", "nullable", "anyOf", "oneOf", "allOf", "$ref", "not"] as const

const known: ReadonlySet<string> = new Set([...annotations, ...applicators, ...Object.values(kindKeywords).flat()])

/** What to do instead of what is not followed. */
const remedies: ReadonlyArray<readonly [keywords: ReadonlyArray<string>, remedy: string]> = [
  [
    ["if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies"],
    "Say each case as an alternative of `anyOf`.",
  ],
  [
    ["contains", "minContains", "maxContains"],
    "Give the items a schema that all of them have, or check it afterwards.",
  ],
  [["$dynamicRef", "$recursiveRef"], "Use `$ref`."],
  [["contentMediaType", "contentSchema"], "Describe what is in the text as a schema of its own, or leave it out."],
]

const remedyFor = (keyword: string): string =>
  remedies.find(([keywords]) => keywords.includes(keyword))?.[1] ??
  "Leave it out, or name it `x-…` if it is a note of your own."

const drafts = [
  "http://json-schema.org/draft-07/schema",
  "https://json-schema.org/draft-07/schema",
  "http://json-schema.org/draft-06/schema",
  "https://json-schema.org/draft/2019-09/schema",
  "https://json-schema.org/draft/2020-12/schema",
]

export const types = ["object", "array", "string", "number", "integer", "boolean", "null"] as const
export type TypeName = (typeof types)[number]

export const refuse = (path: string, problem: string, remedy: string): InvalidRequestError =>
  invalidRequest(path, problem, remedy)

/** A path into a schema as a caller writes it. */
export const pathTo = (path: string, key: string | number): string => {
  if (typeof key === "number") return `${path}[${key}]`
  return /^[$A-Za-z_][$\w]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

/**
 * Refuses what nobody would follow: each keyword is enforced or refused, and none ignored.
 *
 * @throws InvalidRequestError that names the keyword's path
 */
export function checkKeywords(schema: JsonRecord, path: string): void {
  for (const [keyword, value] of Object.entries(schema)) {
    const at = pathTo(path, keyword)
    if (value === undefined || keyword.startsWith("x-")) continue
    if (!known.has(keyword)) {
      throw refuse(at, "this keyword is not followed", remedyFor(keyword))
    }
    checkValue(keyword, value, at)
  }
  checkItems(schema, path)
  if (schema["$schema"] !== undefined) checkDraft(schema["$schema"], pathTo(path, "$schema"))
  checkOrder(schema, path)
}

const counts = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]
const numbers = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]
const texts = ["pattern", "format", "contentEncoding", "$ref"]
const lists = ["anyOf", "oneOf", "allOf", "prefixItems"]
const maps = ["properties", "patternProperties", "$defs", "definitions"]
const flags = ["uniqueItems", "nullable"]
const schemas = [
  "additionalProperties",
  "propertyNames",
  "additionalItems",
  "not",
  "unevaluatedProperties",
  "unevaluatedItems",
]

export const isSchema = (value: unknown): value is JsonRecord | boolean => typeof value === "boolean" || isRecord(value)

function checkValue(keyword: string, value: unknown, at: string): void {
  const expect = (fits: boolean, what: string): void => {
    if (!fits) throw refuse(at, `${cut(show(value))} where ${what} is expected`, "Correct it, or leave it out.")
  }
  if (counts.includes(keyword)) expect(Number.isSafeInteger(value) && Number(value) >= 0, "a whole number from 0")
  else if (numbers.includes(keyword)) expect(typeof value === "number" && Number.isFinite(value), "a number")
  else if (texts.includes(keyword)) expect(typeof value === "string", "a text")
  else if (lists.includes(keyword))
    expect(isList(value) && value.length > 0 && value.every(isSchema), "a list of schemas")
  else if (maps.includes(keyword))
    expect(isRecord(value) && Object.values(value).every(isSchema), "an object of schemas")
  else if (flags.includes(keyword)) expect(typeof value === "boolean", "true or false")
  else if (schemas.includes(keyword)) expect(isSchema(value), "a schema")
  else if (keyword === "items") expect(isSchema(value) || (isList(value) && value.every(isSchema)), "a schema")
  else if (keyword === "enum") expect(isList(value) && value.length > 0, "a list of values")
  else if (keyword === "required")
    expect(isList(value) && value.every((name) => typeof name === "string"), "a list of names")
  else if (keyword === "type")
    expect(listOf(value).length > 0 && listOf(value).every(isType), `one of ${types.join(", ")}`)
  if (keyword === "multipleOf") expect(Number(value) > 0, "a number above 0")
  if (keyword === "uniqueItems" && value === true) {
    throw refuse(at, "that no item comes twice is not followed", "Leave it out, and check it afterwards.")
  }
  if (keyword === "not" && !isEverything(value)) {
    throw refuse(at, "what a value must not be is not followed", "Say what it may be.")
  }
  if ((keyword === "unevaluatedProperties" || keyword === "unevaluatedItems") && value !== false) {
    throw refuse(at, "only `false` is followed", "Use `additionalProperties` or `items`.")
  }
}

const isEverything = (schema: unknown): boolean =>
  schema === true || (isRecord(schema) && Object.values(schema).every((value) => value === undefined))

export const listOf = (value: unknown): ReadonlyArray<unknown> => (isList(value) ? value : [value])
const isType = (value: unknown): value is TypeName => types.some((type) => type === value)

function checkDraft(value: unknown, at: string): void {
  if (typeof value === "string" && drafts.includes(value.replace(/#$/, ""))) return
  throw refuse(at, `${cut(show(value))} is no dialect that is followed`, "Use draft-07 or 2020-12.")
}

/** Items one by one are said in the words of one draft: beside those of the other, one of them would be passed over. */
function checkItems({ additionalItems, items, prefixItems }: JsonRecord, path: string): void {
  if (prefixItems === undefined) return
  const remedy = "Use `prefixItems` with a schema as `items`, or a list of `items` with `additionalItems`."
  if (isList(items)) throw refuse(pathTo(path, "items"), "it is a list beside `prefixItems`", remedy)
  if (additionalItems !== undefined)
    throw refuse(pathTo(path, "additionalItems"), "it stands beside `prefixItems`", remedy)
}

const pairs = [
  ["minLength", "maxLength"],
  ["minItems", "maxItems"],
  ["minProperties", "maxProperties"],
  ["minimum", "maximum"],
] as const

/** What one schema says of a range must leave something in it. */
function checkOrder(schema: JsonRecord, path: string): void {
  for (const [lower, upper] of pairs) {
    const [least, most] = [schema[lower], schema[upper]]
    if (typeof least !== "number" || typeof most !== "number" || least <= most) continue
    throw refuse(pathTo(path, upper), `${most} is below ${lower}, ${least}: nothing fits`, "Correct one of them.")
  }
}

export const cut = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 60)}…`)
