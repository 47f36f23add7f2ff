/**
 * Reads JSON text that comes in fragments as a person would: `\u0062omb` says "bomb". A fragment may end inside an escape:
 * its start is kept for the next one.
 */
export class JsonUnescaper {
  #kept = ""

  read(fragment: string): string {
    const text = this.#kept + fragment
    this.#kept = ""
    let read = ""
    let at = 0
    for (let slash = text.indexOf("\\"); slash !== -1; slash = text.indexOf("\\", at)) {
      read += text.slice(at, slash)
      const escape = escapeAt(text, slash)
      if (escape === undefined) {
        this.#kept = text.slice(slash)
        return read
      }
      read += escape.read
      at = slash + escape.length
    }
    return read + text.slice(at)
  }
}

interface Escape {
  readonly read: string
  readonly length: number
}

const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }

/** Undefined when more of it may follow. */
function escapeAt(text: string, slash: number): Escape | undefined {
  const letter = text[slash + 1]
  if (letter === undefined) return undefined
  if (letter !== "u") return { read: controls[letter] ?? letter, length: 2 }
  const hex = /^[\da-f]{0,4}/i.exec(text.slice(slash + 2, slash + 6))?.[0] ?? ""
  if (hex.length < 4) return slash + 2 + hex.length === text.length ? undefined : { read: "\\u", length: 2 }
  const read = String.fromCharCode(Number.parseInt(hex, 16))
  if (!/[\ud800-\udbff]/.test(read)) return { read, length: 6 }
  // The first half of a character: nobody can judge it without the second.
  const rest = text.slice(slash + 6, slash + 12)
  return isStartOfEscape(rest) ? undefined : { read, length: 6 }
}

const isStartOfEscape = (rest: string): boolean => rest.length < 6 && /^(\\(u[\da-f]{0,3})?)?$/i.test(rest)
