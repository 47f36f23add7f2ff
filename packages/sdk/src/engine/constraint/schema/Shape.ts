/** What a list of parts says of each kind of value, put together. */
import { isList, isRecord, type JsonRecord } from "../../../words/Json.ts"
import { base64, base64url, knownFormats, numberFormats, patternOfFormat } from "./Formats.ts"
import { kindKeywords, listOf, pathTo, refuse } from "./Keywords.ts"
import { matchesPattern } from "./matchesPattern.ts"
import type { BarePart, Part } from "./Parts.ts"

/** Kinds of JSON values; an integer is a number. */
export const kinds = ["object", "array", "string", "number", "boolean", "null"] as const
export type Kind = (typeof kinds)[number]

export interface NumberRules {
  readonly isInteger: boolean
  readonly least: number
  readonly most: number
  readonly isAbove: boolean
  readonly isBelow: boolean
  readonly multiplesOf: ReadonlyArray<number>
}

/** A pattern, and the keyword that asks for it. */
export interface PatternRule {
  readonly source: string
  readonly path: string
}

export interface StringRules {
  readonly least: number
  readonly most: number
  readonly patterns: ReadonlyArray<PatternRule>
}

export interface ArrayRules {
  /** `[i]`: what an item has to fit; as long as any part names items one by one. */
  readonly prefix: ReadonlyArray<ReadonlyArray<Part>>
  /** What the others have to fit. */
  readonly items: ReadonlyArray<Part>
  readonly least: number
  readonly most: number
}

export interface ObjectRules {
  readonly parts: ReadonlyArray<BarePart>
  /** Names that some part gives, in the order in which they come. */
  readonly names: ReadonlyArray<string>
  readonly required: ReadonlySet<string>
  readonly least: number
  readonly most: number
}

export interface Shape {
  readonly kinds: ReadonlySet<Kind>
  /** The values of `enum` and `const`, where there are any. */
  readonly values: ReadonlyArray<unknown> | undefined
  readonly number: NumberRules
  readonly string: StringRules
  readonly array: ArrayRules
  readonly object: ObjectRules
  /** The first part's. */
  readonly path: string
}

export const shapeOf = (parts: ReadonlyArray<BarePart>, path: string): Shape => ({
  kinds: kindsOf(parts),
  values: valuesOf(parts),
  number: numberRules(parts),
  string: stringRules(parts),
  array: arrayRules(parts),
  object: objectRules(parts),
  path,
})

/** Those that every part allows; where none names any, those that their keywords speak of. */
function kindsOf(parts: ReadonlyArray<BarePart>): ReadonlySet<Kind> {
  const named = parts.filter(({ schema }) => schema["type"] !== undefined)
  const isNamed = named.length > 0 || parts.some(({ schema }) => "enum" in schema || "const" in schema)
  const spokenOf = kinds.filter((kind) => {
    const keywords: ReadonlyArray<string> = kind in kindKeywords ? kindKeywords[kind as keyof typeof kindKeywords] : []
    return parts.some(({ schema }) => keywords.some((keyword) => schema[keyword] !== undefined))
  })
  if (!isNamed && spokenOf.length > 0) return new Set(spokenOf)
  return new Set(kinds.filter((kind) => named.every(({ schema }) => allowed(schema).has(kind))))
}

function allowed(schema: JsonRecord): ReadonlySet<string> {
  const names = listOf(schema["type"]).map((type) => (type === "integer" ? "number" : String(type)))
  return new Set(schema["nullable"] === true ? [...names, "null"] : names)
}

function valuesOf(parts: ReadonlyArray<BarePart>): ReadonlyArray<unknown> | undefined {
  let values: ReadonlyArray<unknown> | undefined
  for (const { schema } of parts) {
    for (const list of [
      schema["enum"],
      "const" in schema && schema["const"] !== undefined ? [schema["const"]] : undefined,
    ]) {
      if (!isList(list)) continue
      const keys = new Set(list.map(keyOf))
      values = values === undefined ? uniqueBy(list, keyOf) : values.filter((value) => keys.has(keyOf(value)))
    }
  }
  return values
}

/** Equal of equal values. */
export function keyOf(value: unknown): string {
  if (isList(value)) return `[${value.map(keyOf).join()}]`
  if (!isRecord(value)) return JSON.stringify(value) ?? "null"
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const sorted = fields.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, field]) => `${JSON.stringify(key)}:${keyOf(field)}`).join()}}`
}

const uniqueBy = (list: ReadonlyArray<unknown>, key: (value: unknown) => string): ReadonlyArray<unknown> => [
  ...new Map(list.map((value) => [key(value), value])).values(),
]

/** Whether members may come that match no pattern: where something says so, or nothing names any. */
export function isOpen(parts: ReadonlyArray<BarePart>): boolean {
  const says = parts.some(({ schema }) => schema["additionalProperties"] !== undefined)
  const names = parts.some(
    ({ schema }) => schema["properties"] !== undefined || schema["patternProperties"] !== undefined,
  )
  return says || !names
}

/** The numbers that parts give for a keyword. */
const numbersOf = (parts: ReadonlyArray<BarePart>, keyword: string): ReadonlyArray<number> =>
  parts.flatMap(({ schema }) => (typeof schema[keyword] === "number" ? [schema[keyword]] : []))

const textsOf = (parts: ReadonlyArray<BarePart>, keyword: string): ReadonlyArray<PatternRule> =>
  parts.flatMap(({ path, schema }) =>
    typeof schema[keyword] === "string" ? [{ source: schema[keyword], path: pathTo(path, keyword) }] : [],
  )

const highest = (values: ReadonlyArray<number>, otherwise: number): number => Math.max(otherwise, ...values)
const lowest = (values: ReadonlyArray<number>, otherwise: number): number => Math.min(otherwise, ...values)

function numberRules(parts: ReadonlyArray<BarePart>): NumberRules {
  const formats = textsOf(parts, "format").flatMap(({ source }) => {
    const format = Object.hasOwn(numberFormats, source) ? numberFormats[source] : undefined
    return format === undefined ? [] : [{ isInteger: source.includes("int"), format }]
  })
  const least = highest([...numbersOf(parts, "minimum"), ...formats.map(({ format: [from] }) => from)], -Infinity)
  const most = lowest([...numbersOf(parts, "maximum"), ...formats.map(({ format: [, to] }) => to)], Infinity)
  const above = highest(numbersOf(parts, "exclusiveMinimum"), -Infinity)
  const below = lowest(numbersOf(parts, "exclusiveMaximum"), Infinity)
  const multiplesOf = numbersOf(parts, "multipleOf")
  const isInteger =
    parts.some(({ schema }) => {
      const types = listOf(schema["type"])
      return types.includes("integer") && !types.includes("number")
    }) ||
    formats.some((format) => format.isInteger) ||
    multiplesOf.some(Number.isInteger)
  return {
    isInteger,
    least: Math.max(least, above),
    most: Math.min(most, below),
    isAbove: above >= least && above > -Infinity,
    isBelow: below <= most && below < Infinity,
    multiplesOf,
  }
}

function stringRules(parts: ReadonlyArray<BarePart>): StringRules {
  const ahead = textsOf(parts, "pattern").map(lengthAhead)
  const patterns = ahead.flatMap((one) => one.patterns)
  for (const part of parts) patterns.push(...formatRules(part))
  return {
    least: highest([...numbersOf(parts, "minLength"), ...ahead.map(({ least }) => least)], 0),
    most: lowest([...numbersOf(parts, "maxLength"), ...ahead.map(({ most }) => most)], Infinity),
    patterns,
  }
}

/** A dot that may end what is counted is counted, too. */
const counting = /^\^\(\?=\.\{(\d+),(\d+)\}(?:\\\.\?)?\$\)/

/** Where a pattern begins by saying how long a text is, that is a length: it is counted, and makes no states. */
function lengthAhead({ path, source }: PatternRule): StringRules {
  const [ahead = "", least, most] = counting.exec(source) ?? []
  if (ahead === "" || hasAlternatives(source)) return { least: 0, most: Infinity, patterns: [{ path, source }] }
  // The dot is no end of a line.
  const rest = ["^.*$", `^${source.slice(ahead.length)}`].map((one) => ({ path, source: one }))
  return { least: Number(least), most: Number(most), patterns: rest }
}

/** Whether a pattern is one of several: outside groups and sets stands a bar. */
function hasAlternatives(source: string): boolean {
  const bare = source.replaceAll(/\\./gsu, "").replaceAll(/\[[^\]]*\]/gu, "")
  let depth = 0
  for (const character of bare) {
    if (character === "(") depth++
    else if (character === ")") depth--
    else if (character === "|" && depth === 0) return true
  }
  return false
}

/** A format that is not known is refused, unless a pattern beside it says what it means. */
function formatRules({ path, schema }: BarePart): ReadonlyArray<PatternRule> {
  const rules: Array<PatternRule> = []
  const { contentEncoding: encoding, format, pattern } = schema
  if (typeof format === "string") {
    const at = pathTo(path, "format")
    const source = patternOfFormat(format, pattern !== undefined)
    if (source !== undefined) rules.push({ source, path: at })
    else if (pattern === undefined && !Object.hasOwn(numberFormats, format)) {
      const remedy = `Say what it means with \`pattern\`, or use one of ${knownFormats.join(", ")}.`
      throw refuse(at, `${JSON.stringify(format)} is no format that is known`, remedy)
    }
  }
  if (typeof encoding === "string") {
    const at = pathTo(path, "contentEncoding")
    if (encoding === "base64") rules.push({ source: `^(?:${base64})$`, path: at })
    else if (encoding === "base64url") rules.push({ source: `^(?:${base64url})$`, path: at })
    else if (pattern === undefined) {
      throw refuse(
        at,
        `${JSON.stringify(encoding)} is no encoding that is followed`,
        'Use "base64" or "base64url", or a `pattern`.',
      )
    }
  }
  return rules
}

function arrayRules(parts: ReadonlyArray<BarePart>): ArrayRules {
  const listed = parts.map(itemsOf)
  const length = highest(
    listed.map(({ prefix }) => prefix.length),
    0,
  )
  const prefix = Array.from({ length }, (_, i) =>
    listed.flatMap((one) => (i < one.prefix.length ? [one.prefix[i]!] : one.rest)),
  )
  const most = lowest(numbersOf(parts, "maxItems"), Infinity)
  const least = numbersOf(parts, "minItems")
  return {
    prefix,
    items: listed.flatMap(({ rest }) => rest),
    // A tuple is written whole, where nothing says that it may be shorter.
    least: least.length > 0 ? highest(least, 0) : Math.min(length, most),
    // It has no more items than it names, where nothing says what they would be.
    most:
      length > 0 && listed.every(({ rest }) => rest.length === 0) && highest(least, 0) <= length
        ? Math.min(length, most)
        : most,
  }
}

/** `prefixItems` and `items`, or a list of `items` and `additionalItems`, as before 2020. */
function itemsOf({ path, schema }: BarePart): {
  readonly prefix: ReadonlyArray<Part>
  readonly rest: ReadonlyArray<Part>
} {
  const { additionalItems, items, prefixItems, unevaluatedItems } = schema
  const isTuple = isList(items)
  const key = isTuple ? "items" : "prefixItems"
  const list = isTuple ? items : isList(prefixItems) ? prefixItems : []
  const prefix = list.map((item, i) => ({ schema: item, path: pathTo(pathTo(path, key), i) }))
  const rest: Array<Part> = []
  if (isTuple && additionalItems !== undefined)
    rest.push({ schema: additionalItems, path: pathTo(path, "additionalItems") })
  if (!isTuple && items !== undefined) rest.push({ schema: items, path: pathTo(path, "items") })
  if (rest.length === 0 && unevaluatedItems === false)
    rest.push({ schema: false, path: pathTo(path, "unevaluatedItems") })
  return { prefix, rest }
}

function objectRules(parts: ReadonlyArray<BarePart>): ObjectRules {
  const names = parts.flatMap(({ schema }) => (isRecord(schema["properties"]) ? Object.keys(schema["properties"]) : []))
  const required = parts.flatMap(({ schema }) => (isList(schema["required"]) ? schema["required"].map(String) : []))
  return {
    parts,
    names: [...new Set([...names, ...required])],
    required: new Set(required),
    least: highest(numbersOf(parts, "minProperties"), 0),
    most: lowest(numbersOf(parts, "maxProperties"), Infinity),
  }
}

/** What one part says of a member of a name: nothing, where it says nothing. */
export function memberParts({ path, schema }: BarePart, name: string): ReadonlyArray<Part> {
  const { additionalProperties, patternProperties, properties, unevaluatedProperties } = schema
  const found: Array<Part> = []
  if (isRecord(properties) && Object.hasOwn(properties, name)) {
    found.push({ schema: properties[name], path: pathTo(pathTo(path, "properties"), name) })
  }
  for (const [pattern, value] of Object.entries(isRecord(patternProperties) ? patternProperties : {})) {
    const at = pathTo(pathTo(path, "patternProperties"), pattern)
    if (matchesPattern({ source: pattern, path: at }, name)) found.push({ schema: value, path: at })
  }
  if (found.length > 0) return found
  if (additionalProperties !== undefined) {
    return [{ schema: additionalProperties, path: pathTo(path, "additionalProperties") }]
  }
  return unevaluatedProperties === false ? [{ schema: false, path: pathTo(path, "unevaluatedProperties") }] : []
}
