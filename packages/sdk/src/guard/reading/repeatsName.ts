/** Strings, and what tells names from values. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],]/g

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
  for (const [token] of json.matchAll(tokens)) {
    if (token === "}" || token === "]") around.pop()
    else if (token === "{" || token === "[") around.push(token === "{" ? new Set() : undefined)
    else if (token !== "," && isName) {
      const names = around.at(-1)
      const name = String(JSON.parse(token))
      if (names?.has(name) === true) return true
      names?.add(name)
    }
    isName = token === "{" || (token === "," && around.at(-1) !== undefined)
  }
  return false
}
