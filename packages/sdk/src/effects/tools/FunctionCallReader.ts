/** Reads calls in the format `function-call` out of a text as it comes: one that is held to `functionConstraint`. */
import { functionTokens } from "../../words/ToolFormat.ts"
import { CallReader, openLength } from "./CallReader.ts"

const [start, end] = functionTokens.call
const { escape } = functionTokens

/** Up to the arguments, whose brace has to be there. */
const heading = /^call:([\w-]+)(?=\{)/

export class FunctionCallReader extends CallReader {
  #input = new ArgumentReader()

  /** @param hasForm whether an answer has a form: it is that or calls, whatever it spells. */
  constructor(newId: () => string, hasForm: boolean) {
    super(newId, hasForm, heading)
  }

  protected override readStart(): void {
    if (this.waiting.startsWith(start)) this.place = "text"
    else if (!start.startsWith(this.waiting)) this.place = "answer"
  }

  protected override readText(): string {
    const at = this.waiting.indexOf(start)
    if (at < 0) return this.take(this.waiting.length - openLength(this.waiting, start))
    const text = this.take(at)
    this.take(start.length)
    this.place = "heading"
    return text
  }

  protected override beginArguments(): void {
    this.#input = new ArgumentReader()
  }

  protected override readArguments() {
    const before = this.#input.json.length
    this.waiting = this.#input.push(this.waiting)
    const delta = this.#input.json.slice(before)
    return this.#input.isOver ? { delta, whole: this.#input.json } : { delta }
  }

  protected override readBehind(): void {
    if (this.waiting.length < end.length) return
    this.take(end.length)
    this.place = "text"
  }
}

/** Makes JSON of arguments, piece by piece: `{city:<escape>Oslo<escape>}` is `{"city":"Oslo"}`. */
class ArgumentReader {
  /** What was read so far. */
  json = ""
  isOver = false
  /** Brackets that are open. */
  readonly #open: Array<string> = []
  /** In a text, before a name that stands bare, or elsewhere. */
  #place: "text" | "name" | "value" = "value"

  /** Gives back what cannot be told yet. */
  push(given: string): string {
    let rest = given
    for (let length = -1; rest.length !== length && !this.isOver;) {
      length = rest.length
      rest = this.#read(rest)
    }
    return rest
  }

  #read(rest: string): string {
    if (this.#place === "text") return this.#readText(rest)
    if (rest.startsWith(escape)) {
      this.json += '"'
      this.#place = "text"
      return rest.slice(escape.length)
    }
    if (rest === "" || escape.startsWith(rest)) return rest
    return this.#place === "name" && !rest.startsWith("}") ? this.#readName(rest) : this.#readValue(rest)
  }

  #readText(rest: string): string {
    const at = rest.indexOf(escape)
    const length = at < 0 ? rest.length - openLength(rest, escape) : at
    this.json += JSON.stringify(rest.slice(0, length)).slice(1, -1)
    if (at < 0) return rest.slice(length)
    this.json += '"'
    this.#place = "value"
    return rest.slice(at + escape.length)
  }

  #readName(rest: string): string {
    const at = rest.indexOf(":")
    if (at < 0) return rest
    this.json += `${JSON.stringify(rest.slice(0, at))}:`
    this.#place = "value"
    return rest.slice(at + 1)
  }

  /** A bracket, a comma or a colon, or a character of a number or of a word: in JSON they are the same. */
  #readValue(rest: string): string {
    const [character = ""] = rest
    this.json += character
    if (character === "{" || character === "[") this.#open.push(character)
    else if (character === "}" || character === "]") this.#open.pop()
    const isInObject = this.#open.at(-1) === "{"
    this.#place = isInObject && (character === "{" || character === ",") ? "name" : "value"
    this.isOver = this.#open.length === 0
    return rest.slice(1)
  }
}
