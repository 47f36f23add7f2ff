/** One JSON document a line, as Ollama streams. */
import { type Frame, type FrameText, JsonRedaction, StreamWords } from "@facet/sdk"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { isRecord, parseJson } from "@facet/sdk/words"
import { joined } from "../joined.ts"
import { type Ending, type Format, frameOf, type Piece, redacting, type Unreadable } from "./Format.ts"
import type { Dialect } from "./Dialect.ts"
import { OllamaDialect } from "./OllamaDialect.ts"
import { asItWasRead } from "./asItWasRead.ts"
import type { Clean } from "./withoutForged.ts"
import { toldEnding, UnknownDialect } from "./UnknownDialect.ts"

const LF = 10

const encoded = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

export class JsonLinesFormat implements Format {
  readonly isWhole = false
  /** Its length is not told anyway. */
  readonly isRewritten = false
  readonly #unreadable: Unreadable
  readonly #clean: Clean
  readonly #words = new StreamWords()
  readonly #redaction = new JsonRedaction()
  #dialect: Dialect | undefined

  constructor(unreadable: Unreadable, clean: Clean) {
    this.#unreadable = unreadable
    this.#clean = clean
  }

  async *read(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Frame<Piece>> {
    let parts: Array<Uint8Array> = []
    for await (const chunk of bytes) {
      let start = 0
      for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
        parts.push(chunk.subarray(start, end + 1))
        yield this.#frame(joined(parts))
        parts = []
        start = end + 1
      }
      parts.push(chunk.subarray(start))
    }
    const rest = joined(parts)
    if (rest.length > 0) yield this.#frame(rest)
    yield frameOf(new Uint8Array(), this.#words.end())
  }

  #frame(bytes: Uint8Array<ArrayBuffer>): Frame<Piece> {
    const line = decodeUtf8(bytes, "output", this.#unreadable)
    if (line.trim() === "") return frameOf(bytes, [])
    const json = parseJson(line)
    if (json === undefined) {
      const texts = [...this.#words.text("lines", line), ...this.#words.nextEvent()]
      return frameOf(bytes, texts, undefined, redacting(this.#redaction, bytes, line, texts, encoded))
    }
    const { isChanged, value } = asItWasRead(this.#clean, line, json)
    if (value === undefined) return frameOf(new Uint8Array(), [])
    const sent = isChanged ? new TextEncoder().encode(`${JSON.stringify(value)}\n`) : bytes
    const texts = [...this.#textsOfJson(value), ...this.#words.nextEvent()]
    const redact = redacting(this.#redaction, sent, value, texts, (said) => encoded(`${JSON.stringify(said)}\n`))
    return frameOf(sent, texts, () => isRecord(value) && this.#dialect?.sent(value), redact)
  }

  #textsOfJson(value: unknown): ReadonlyArray<FrameText> {
    if (typeof value === "string") return this.#words.text("lines", value)
    if (!isRecord(value)) return this.#words.fields("lines ", value)
    this.#dialect ??= new (OllamaDialect.knows(value) ? OllamaDialect : UnknownDialect)(this.#words)
    return this.#dialect.texts(value)
  }

  ending(why: Ending): string {
    if (this.#dialect instanceof OllamaDialect) return this.#dialect.ending(why)
    return `${JSON.stringify({ error: toldEnding(why) })}\n`
  }
}
