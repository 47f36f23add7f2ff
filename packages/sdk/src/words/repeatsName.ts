/** Where strings begin, and what tells names from values. */
const marks = /["{}[\],]/g

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
  const search = new RegExp(marks)
  for (let found = search.exec(json); found !== null; found = search.exec(json)) {
    const { 0: token, index } = found
    if (token === "}" || token === "]") around.pop()
    else if (token === "{" || token === "[") around.push(token === "{" ? new Set() : undefined)
    else if (token === '"') {
      // No expression: one that repeats runs out of its stack on a string of millions of letters.
      search.lastIndex = endOfString(json, index)
      if (isName) {
        const names = around.at(-1)
        const name = String(JSON.parse(json.slice(index, search.lastIndex)))
        if (names?.has(name) === true) return true
        names?.add(name)
      }
    }
    isName = token === "{" || (token === "," && around.at(-1) !== undefined)
  }
  return false
}

function endOfString(json: string, start: number): number {
  let end = start + 1
  while (end < json.length && json[end] !== '"') end += json[end] === "\\" ? 2 : 1
  return end + 1
}
