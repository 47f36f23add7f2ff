/** What JSON would change or leave out in silence is refused by name. */
import { type InvalidRequestError, invalidRequest } from "../words/Errors.ts"

/** Deeper than anything that the effects take, which is a schema of 256 levels: a cycle, most likely. */
const deepest = 260

/**
 * @param path of the value, as a caller finds it: empty for the options themselves.
 * @throws InvalidRequestError that names the first value that cannot be sent
 */
export function checkSendable(path: string, value: unknown, depth = 0): void {
  if (value === null || value === undefined || typeof value === "string" || typeof value === "boolean") return
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw unsendable(path, String(value), "Use a finite number.")
    return
  }
  if (typeof value !== "object") throw unsendable(path, `a ${typeof value}`, "Pass what JSON can say, or leave it out.")
  if (depth > deepest) throw unsendable(path, "an object so deep, or one that holds itself,", "Pass a plain object.")
  const kind = Object.prototype.toString.call(value)
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) checkSendable(`${path}[${i}]`, item, depth + 1)
  } else if (kind === "[object Object]") {
    for (const [key, item] of Object.entries(value))
      checkSendable(path === "" ? key : `${path}.${key}`, item, depth + 1)
  } else {
    throw unsendable(path, `a ${kind.slice("[object ".length, -1)}`, "Pass a plain object.")
  }
}

const unsendable = (path: string, what: string, remedy: string): InvalidRequestError =>
  invalidRequest(path, `${what} cannot be sent to a server`, remedy)
