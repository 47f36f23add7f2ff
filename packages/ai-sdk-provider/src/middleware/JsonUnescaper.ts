/** An escape that is cut off at the end. */
const cutOff = /\\(?:u[\da-f]{0,3})?$/i
const escapes = /\\(?:u([\da-f]{4})|(.))/gis
const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }

/** Reads JSON that comes in fragments as whoever parses it would: `\u0062omb` says "bomb". */
export class JsonUnescaper {
  #kept = ""

  /** Whether it waits for the rest of an escape. */
  get isWaiting(): boolean {
    return this.#kept !== ""
  }

  /** The start of an escape waits for the rest of it. */
  read(fragment: string): string {
    const text = this.#kept + fragment
    // A backslash behind a backslash begins nothing.
    const cut = cutOff.exec(text.replaceAll("\\\\", "__"))?.index ?? text.length
    this.#kept = text.slice(cut)
    return unescaped(text.slice(0, cut))
  }

  /** What still waits, as it is: nothing follows. */
  rest(): string {
    const rest = this.#kept
    this.#kept = ""
    return rest
  }
}

/** Escapes that JSON does not know stand for their letter. */
export const unescaped = (json: string): string =>
  json.replace(escapes, (_, hex: string | undefined, letter: string | undefined) =>
    hex === undefined ? (controls[letter ?? ""] ?? letter ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
  )
