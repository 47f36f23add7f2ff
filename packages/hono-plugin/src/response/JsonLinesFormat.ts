/** One JSON document a line, as Ollama streams. */
import type { Frame } from "@facet/sdk"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { isRecord } from "../json/isRecord.ts"
import { parseJson } from "../json/parseJson.ts"
import { stringsOf } from "../json/StringAt.ts"
import { Channels } from "./Channels.ts"
import type { Ending, Format, Piece, Unreadable } from "./Format.ts"
import { joined } from "../joined.ts"
import { toldEnding, UnknownDialect } from "./UnknownDialect.ts"

const LF = 10

export class JsonLinesFormat implements Format {
  readonly isWhole = false
  readonly #unreadable: Unreadable
  readonly #channels = new Channels()
  readonly #dialect = new UnknownDialect(this.#channels)

  constructor(unreadable: Unreadable) {
    this.#unreadable = unreadable
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
  }

  #frame(bytes: Uint8Array<ArrayBuffer>): Frame<Piece> {
    const texts = this.#texts(bytes)
    return { value: { bytes, hasText: texts.some(({ text }) => text !== "") }, texts }
  }

  #texts(bytes: Uint8Array) {
    const line = decodeUtf8(bytes, "output", this.#unreadable)
    const json = parseJson(line)
    if (json === undefined) return line.trim() === "" ? [] : this.#channels.append("lines", line)
    return isRecord(json.value) ? this.#dialect.texts(json.value) : this.#channels.whole("lines", stringsOf(json.value))
  }

  ending(why: Ending): string {
    return `${JSON.stringify({ error: toldEnding(why) })}\n`
  }
}
