/** Plain text, HTML and the like: no way to say anything beside the text. */
import { type Frame, type RedactedText, StreamWords } from "@facet/sdk"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { joined } from "../joined.ts"
import { type Format, frameOf, type Piece, type Unreadable } from "./Format.ts"

export class TextFormat implements Format {
  readonly isWhole: boolean
  readonly #unreadable: Unreadable
  readonly #words = new StreamWords()
  /** Whether it begins like JSON, which clients read whatever its content type says. */
  #isJson: boolean | undefined
  #isRewritten = false

  constructor(isWhole: boolean, unreadable: Unreadable) {
    this.isWhole = isWhole
    this.#unreadable = unreadable
  }

  get isRewritten(): boolean {
    return this.#isRewritten
  }

  async *read(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Frame<Piece>> {
    let kept: Uint8Array = new Uint8Array()
    for await (const chunk of bytes) {
      const all = joined([kept, chunk])
      const end = all.length - unfinishedLength(all)
      kept = all.subarray(end)
      if (end > 0) yield this.#frame(all.slice(0, end))
    }
    if (kept.length > 0) yield this.#frame(joined([kept]))
    yield frameOf(new Uint8Array(), this.#words.end())
  }

  ending(): undefined {
    return undefined
  }

  #frame(bytes: Uint8Array<ArrayBuffer>): Frame<Piece> {
    const text = decodeUtf8(bytes, "output", this.#unreadable)
    if (text.trim() !== "") this.#isJson ??= /^\s*[[{"]/.test(text)
    // Blanks alone say nothing, and do not tell what it is.
    const texts = this.#isJson === undefined ? [] : this.#words.text("text", text, this.#isJson)
    return frameOf(bytes, texts, undefined, (redacted) => this.#redacted(bytes, text, redacted))
  }

  /** What is read as JSON is said in other words than it has. */
  #redacted(
    bytes: Uint8Array<ArrayBuffer>,
    text: string,
    redacted: ReadonlyArray<RedactedText>,
  ): Uint8Array<ArrayBuffer> | undefined {
    const cut = redacted.filter(({ cuts }) => cuts.length > 0)
    if (cut.length === 0) return bytes
    const [said, ...others] = cut
    if (said?.text !== text || others.length > 0) return undefined
    this.#isRewritten = true
    return new TextEncoder().encode(said.redacted)
  }
}

/** How many bytes at the end are the beginning of a character. */
function unfinishedLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    const isContinuation = (byte & 0xc0) === 0x80
    if (isContinuation) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}
