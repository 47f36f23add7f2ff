/** Anthropic's messages, streamed: its text comes in blocks, which are cut in mid-sentence where something is cited. */
import type { FrameText, StreamWords } from "@facet/sdk"
import { isRecord, type JsonRecord } from "@facet/sdk/words"
import type { Dialect } from "./Dialect.ts"
import type { Ending } from "./Format.ts"
import { UnknownDialect } from "./UnknownDialect.ts"

export class AnthropicDialect implements Dialect {
  readonly #words: StreamWords
  readonly #others: UnknownDialect

  constructor(words: StreamWords) {
    this.#words = words
    this.#others = new UnknownDialect(words)
  }

  static knows({ message, type }: JsonRecord): boolean {
    return type === "message_start" && isRecord(message)
  }

  texts(event: JsonRecord): ReadonlyArray<FrameText> {
    const { delta, index, type } = event
    const name = `content[${String(index)}]`
    if (type === "content_block_stop") return [...this.#words.endBlock("text", name), ...this.#others.texts(event)]
    if (type === "ping" || type === "content_block_start") return this.#others.texts(event)
    if (!isRecord(delta) || delta["type"] !== "text_delta" || typeof delta["text"] !== "string") {
      return [...this.#words.pauseBlocks(), ...this.#others.texts(event)]
    }
    const { text, ...rest } = delta
    return [...this.#words.block("text", name, String(text)), ...this.#others.texts({ ...event, delta: rest })]
  }

  sent(): void {}

  ending(why: Ending): string {
    return this.#others.ending(why)
  }
}
