/** Plain text, HTML and the like: no way to say anything beside the text. */
import { type Frame, StreamWords } from "@facet/sdk"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { joined } from "../joined.ts"
import { type Format, frameOf, type Piece, type Unreadable } from "./Format.ts"

export class TextFormat implements Format {
  readonly isWhole: boolean
  readonly isRewritten = false
  readonly #unreadable: Unreadable
  readonly #words = new StreamWords()
  /** Whether it begins like JSON, which clients read whatever its content type says. */
  #isJson: boolean | undefined

  constructor(isWhole: boolean, unreadable: Unreadable) {
    this.isWhole = isWhole
    this.#unreadable = unreadable
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
    return frameOf(bytes, this.#isJson === undefined ? [] : this.#words.text("text", text, this.#isJson))
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
