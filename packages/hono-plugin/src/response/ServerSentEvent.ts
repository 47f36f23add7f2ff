/** Events of a stream, cut out of its bytes without changing one of them. */
import { createParser } from "eventsource-parser"
import { decodeUtf8 } from "../decodeUtf8.ts"
import type { Unreadable } from "./Format.ts"

export interface ServerSentEvent {
  /** As they came, with comments, ids and the blank line. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Undefined where a block carries none: a comment, a `retry`. */
  readonly data: string | undefined
  /** Lines that no field of the protocol explains. Clients ignore them; people may read them. */
  readonly strayText: string
  /** Whether its blank line came. Without it, clients drop the event. */
  readonly isComplete: boolean
}

const LF = 10
const CR = 13

/** Cuts bytes at blank lines, wherever the chunks end. Works on bytes: a character may lie across two chunks. */
export class EventSplitter {
  #parts: Array<Uint8Array> = []
  #isLineEmpty = true
  #isAfterCr = false
  /** A blank line ended with CR: an LF that follows belongs to it. */
  #isEnding = false

  /** @returns the blocks that are complete with this chunk */
  push(chunk: Uint8Array): ReadonlyArray<Uint8Array<ArrayBuffer>> {
    const blocks: Array<Uint8Array<ArrayBuffer>> = []
    let start = 0
    const cut = (end: number) => {
      this.#parts.push(chunk.subarray(start, end))
      blocks.push(this.rest())
      start = end
    }
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]
      if (this.#isEnding) {
        this.#isEnding = false
        this.#isAfterCr = false
        if (byte === LF) {
          cut(at + 1)
          continue
        }
        cut(at)
      }
      if (byte === LF && this.#isAfterCr) {
        this.#isAfterCr = false
        continue
      }
      this.#isAfterCr = byte === CR
      const isLineEnd = byte === LF || byte === CR
      if (isLineEnd && this.#isLineEmpty) {
        if (byte === LF) cut(at + 1)
        else this.#isEnding = true
      }
      this.#isLineEmpty = isLineEnd
    }
    if (start < chunk.length) this.#parts.push(chunk.subarray(start))
    return blocks
  }

  /** Takes what has no blank line yet. */
  rest(): Uint8Array<ArrayBuffer> {
    const rest = new Uint8Array(this.#parts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const part of this.#parts) {
      rest.set(part, at)
      at += part.length
    }
    this.#parts = []
    return rest
  }
}

/** The block with other data in one line; its other fields stay. */
export function withData({ bytes, isComplete }: ServerSentEvent, data: string): Uint8Array<ArrayBuffer> {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/)
  const others = lines.filter((line) => line !== "" && !/^\uFEFF?data(:|$)/.test(line))
  return new TextEncoder().encode([...others, `data: ${data}`, ...(isComplete ? ["", ""] : [])].join("\n"))
}

export function parseBlock(
  bytes: Uint8Array<ArrayBuffer>,
  isComplete: boolean,
  unreadable: Unreadable,
): ServerSentEvent {
  const text = decodeUtf8(bytes, "output", unreadable)
  const data: Array<string> = []
  const stray: Array<string> = []
  const parser = createParser({
    onEvent: (message) => void data.push(message.data),
    onError: (error) => void stray.push(error.line ?? error.message),
  })
  parser.feed(isComplete ? text : `${text}\n\n`)
  // A lone CR at the end waits for an LF.
  parser.feed("\n")
  return {
    bytes,
    data: data.length === 0 ? undefined : data.join("\n"),
    strayText: stray.join("\n"),
    isComplete,
  }
}
