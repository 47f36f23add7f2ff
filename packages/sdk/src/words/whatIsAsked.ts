import { isList, isRecord, type JsonRecord } from "./Json.ts"

const meaning = ["type", "instructions", "criteria", "policy", "judge"]

/** What of a question its answer hangs on, as a text that is equal for equal ones. The order of a choice's options is not of it. */
export function whatIsAsked(question: JsonRecord): string {
  const { criteria, type } = question
  const said: JsonRecord = { ...question, ...(type === "choice" && isList(criteria) && { criteria: named(criteria) }) }
  return JSON.stringify(
    meaning.map((field) => said[field] ?? null),
    sorted,
  )
}

/** Options in a list are options of which nothing is said. */
const named = (options: ReadonlyArray<unknown>): JsonRecord =>
  Object.fromEntries(options.map((option) => [String(option), null]))

const sorted = (_: string, value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value
