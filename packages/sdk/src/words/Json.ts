/** Plain data. */

/** A JSON object, before anybody knows what is in it. */
export type JsonRecord = Readonly<Record<string, unknown>>

/** Whether a value is a plain object, as far as JSON knows them. */
export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

export const isList = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

/** A JSON document, or undefined where the text is none. The mark that some editors put first in a file is none of it. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text)
    return { value }
  } catch {
    return undefined
  }
}

/** JSON as the AI SDK types it, which knows no interfaces. */
export type JsonValue = null | string | number | boolean | JsonFields | ReadonlyArray<JsonValue>
export interface JsonFields {
  [key: string]: JsonValue | undefined
}

/**
 * Plain data of Facet's as the AI SDK's JSON type. Errors become their name and message, and fields without a value are
 * left out.
 */
export function toJson(value: object): JsonFields {
  const json = toJsonValue(value)
  return isRecord(json) ? json : {}
}

function toJsonValue(value: unknown): JsonValue {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  if (Array.isArray(value)) return value.map(toJsonValue)
  if (value instanceof Error) return { name: value.name, message: value.message }
  if (typeof value !== "object") return null
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([key, field]) => [key, toJsonValue(field)]))
}
