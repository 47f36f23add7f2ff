/** A JSON document as it was written: its strings said otherwise, and every other byte as it came. */
import { isRecord } from "../../words/Json.ts"
import { isWritable, type SaidOtherwise, saidOtherwise } from "../InputRedaction.ts"

/** Deeper than this nothing is written anew: what is found there blocks. */
const deepest = 200

/** The strings of a value that may be written anew, in their order. */
export function writableStrings(value: unknown, key = "", depth = 0): ReadonlyArray<string> {
  if (typeof value === "string") return isWritable(key, value) ? [value] : []
  if (depth >= deepest) return []
  if (Array.isArray(value)) return value.flatMap((element: unknown) => writableStrings(element, key, depth + 1))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([name, field]) => writableStrings(field, name, depth + 1))
}

/** A value with strings that are said otherwise, wherever one of them stands. */
export function withWritten(value: unknown, said: SaidOtherwise, key = "", depth = 0): unknown {
  if (typeof value === "string") return isWritable(key, value) ? saidOtherwise(value, said) : value
  if (depth >= deepest) return value
  if (Array.isArray(value)) return value.map((element: unknown) => withWritten(element, said, key, depth + 1))
  if (!isRecord(value)) return value
  const fields = Object.entries(value).map(([name, field]) => [name, withWritten(field, said, name, depth + 1)])
  return Object.fromEntries(fields)
}

/** Strings, and what tells of which field they are. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g

/**
 * {@link withWritten} of a document's text: numbers keep their digits, and fields their order, also of one name.
 *
 * @param text a JSON document.
 * @example
 * const said = new Map([["I am Jane.", "I am [name]."]])
 * console.log(writeJson('{"n": 1.0, "content": "I am Jane."}', said)) // => {"n": 1.0, "content": "I am [name]."}
 */
export function writeJson(text: string, said: SaidOtherwise): string {
  /** The key that is in force, of each list and object around. */
  const keys: Array<{ key: string; readonly isObject: boolean; isKeyNext: boolean }> = []
  return text.replaceAll(tokens, (token) => {
    const around = keys.at(-1)
    switch (token) {
      case "{":
      case "[":
        keys.push({ key: around?.key ?? "", isObject: token === "{", isKeyNext: token === "{" })
        return token
      case "}":
      case "]":
        keys.pop()
        return token
      case ",":
      case ":":
        if (around !== undefined) around.isKeyNext = token === "," && around.isObject
        return token
      default:
        return written(token, around, said)
    }
  })
}

function written(
  literal: string,
  around: { key: string; readonly isKeyNext: boolean } | undefined,
  said: SaidOtherwise,
) {
  const string = String(JSON.parse(literal))
  if (around?.isKeyNext === true) {
    around.key = string
    return literal
  }
  const other = isWritable(around?.key ?? "", string) ? saidOtherwise(string, said) : string
  return other === string ? literal : JSON.stringify(other)
}
