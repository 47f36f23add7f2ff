/**
 * What tells names from values, and strings from what is in them: no expression for a whole string, which runs out of its stack on one
 * of millions of letters.
 */
const marks = /\\.|["{}[\],]/g

/**
 * Whether an object of a JSON document has a name twice. Of such values a reader takes the first, the last or both: what one has
 * judged is not what another one reads.
 *
 * @param json a JSON document.
 * @example
 * console.log(repeatsName('{"text": "one", "text": "two"}')) // => true
 */
export function repeatsName(json: string): boolean {
  /** The names of each object around, and nothing of a list. */
  const around: Array<Set<string> | undefined> = []
  let isName = false
  /** Where the string begins that is open. */
  let start = -1
  for (const { 0: mark, index } of json.matchAll(marks)) {
    const names = around.at(-1)
    if (start >= 0) {
      if (mark !== '"') continue
      if (isName) {
        const name = String(JSON.parse(json.slice(start, index + 1)))
        if (names?.has(name) === true) return true
        names?.add(name)
      }
      isName = false
      start = -1
    } else if (mark === '"') start = index
    else {
      if (mark === "{" || mark === "[") around.push(mark === "{" ? new Set() : undefined)
      else if (mark !== ",") around.pop()
      isName = mark === "{" || (mark === "," && names !== undefined)
    }
  }
  return false
}
