/** Checks that a value is what JSON can say, and no larger than anybody can use, before anything follows it. */
import { checkUnicode, show } from "./Checks.ts"
import { type InvalidRequestError, invalidRequest } from "./Errors.ts"
import { isList, isRecord } from "./Json.ts"

/** Values in each other. */
const mostValues = 500_000

export interface JsonLimits {
  /** What the value is, for the error: `a schema`. */
  readonly of: string
  /** Levels. */
  readonly deepest: number
  /** What to do about too many of them. */
  readonly remedy: string
}

/**
 * A cycle, or a depth that no call stack holds, is refused as well as what JSON has no word for, such as NaN or a date.
 * Members that are undefined count as left out.
 *
 * @param root where the value stands, as a caller writes it.
 * @throws InvalidRequestError that names the path of what is wrong
 */
export function checkJson(value: unknown, root: string, { deepest, of, remedy }: JsonLimits): void {
  const waiting: Array<readonly [value: unknown, path: string, depth: number]> = [[value, root, 0]]
  let count = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [one, path, depth] = next
    if (depth > deepest) {
      throw invalidRequest(path.slice(0, 100), `it is nested more than ${deepest} levels deep, or holds itself`, remedy)
    }
    if (++count > mostValues) {
      throw invalidRequest(root, `it holds more than ${mostValues} values`, "Use a smaller one.")
    }
    if (isList(one)) {
      for (const [i, item] of one.entries()) {
        if (item === undefined) throw noPart(item, `${path}[${i}]`, of)
        waiting.push([item, `${path}[${i}]`, depth + 1])
      }
    } else if (isData(one)) {
      for (const [key, item] of Object.entries(one)) waiting.push([item, `${path}.${key}`, depth + 1])
    } else checkScalar(one, path, of)
  }
}

/** A date or a map would be written as something else. */
const isData = (value: unknown): value is object =>
  isRecord(value) && Object.prototype.toString.call(value) === "[object Object]"

function checkScalar(value: unknown, path: string, of: string): void {
  if (value === null || value === undefined || typeof value === "boolean") return
  if (typeof value === "string") return checkUnicode(path, value)
  if (typeof value === "number" && Number.isFinite(value)) return
  throw noPart(value, path, of)
}

const noPart = (value: unknown, path: string, of: string): InvalidRequestError =>
  invalidRequest(path, `${shown(value)} is no part of ${of}`, "Use what JSON can say.")

const shown = (value: unknown): string => {
  const text = show(value)
  return text.length <= 60 ? text : `${text.slice(0, 60).toWellFormed()}…`
}
