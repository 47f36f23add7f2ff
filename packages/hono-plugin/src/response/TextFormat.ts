/** Plain text, HTML and the like: no way to say anything beside the text. */
import type { Frame } from "@facet/sdk"
import { decodeUtf8 } from "../decodeUtf8.ts"
import type { Format, Piece, Unreadable } from "./Format.ts"
import { joined } from "../joined.ts"

export class TextFormat implements Format {
  readonly isWhole: boolean
  readonly #unreadable: Unreadable

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
  }

  ending(): undefined {
    return undefined
  }

  #frame(bytes: Uint8Array<ArrayBuffer>): Frame<Piece> {
    return { value: { bytes, hasText: true }, texts: [{ text: decodeUtf8(bytes, "output", this.#unreadable) }] }
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
