/** JSON documents: released once all that they say was judged. */
import { type Frame, type FrameText, JsonRedaction, StreamWords } from "@facet/sdk"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { isRecord, type JsonRecord, parseJson } from "@facet/sdk/words"
import { joined } from "../joined.ts"
import { type Format, frameOf, type Piece, redacting, type Unreadable } from "./Format.ts"
import { withSpelling } from "./spellingOf.ts"
import { asItWasRead } from "./asItWasRead.ts"
import type { Clean } from "./withoutForged.ts"
import { isResponse, partsOf, withoutRepeated } from "./wordedResponse.ts"

export class JsonFormat implements Format {
  readonly isWhole = true
  readonly #unreadable: Unreadable
  readonly #clean: Clean
  #isRewritten = false

  constructor(unreadable: Unreadable, clean: Clean) {
    this.#unreadable = unreadable
    this.#clean = clean
  }

  get isRewritten(): boolean {
    return this.#isRewritten
  }

  async *read(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Frame<Piece>> {
    const chunks: Array<Uint8Array> = []
    for await (const chunk of bytes) chunks.push(chunk)
    const all = joined(chunks)
    const text = decodeUtf8(all, "output", this.#unreadable)
    const parsed = parseJson(text)
    const { isChanged, value } = asItWasRead(this.#clean, text, parsed)
    this.#isRewritten = isChanged
    const sent = isChanged ? new TextEncoder().encode(JSON.stringify(value ?? null)) : all
    const texts = parsed === undefined ? textsOfBroken(text) : textsOf(value)
    const write = (json: string) => {
      this.#isRewritten = true
      return new TextEncoder().encode(json)
    }
    const redact =
      parsed === undefined
        ? redacting(new JsonRedaction(), sent, text, texts, write)
        : redacting(new JsonRedaction(), sent, value ?? null, texts, (said) => write(JSON.stringify(said)))
    yield frameOf(sent, texts, undefined, redact)
  }

  ending(): undefined {
    return undefined
  }
}

/** Broken JSON is text, with the escapes of JSON. */
function textsOfBroken(text: string): ReadonlyArray<FrameText> {
  const words = new StreamWords()
  return [...words.text("text", text, true), ...words.end()]
}

function textsOf(value: unknown): ReadonlyArray<FrameText> {
  const words = new StreamWords()
  return isRecord(value) ? textsOfRecord(value, words) : words.whole("body", value)
}

/** Choices are answers of their own, and so are items that are no messages; the rest is read in one. */
function textsOfRecord(value: JsonRecord, words: StreamWords): ReadonlyArray<FrameText> {
  const { choices, output, ...rest } = value
  const answers = (name: string, list: unknown) =>
    Array.isArray(list)
      ? list.flatMap((answer: unknown, index) => words.whole(`${name}[${index}]`, withSpelling(answer)))
      : words.whole(name, list)
  return [
    ...answers("choices", choices),
    ...words.whole("output", Array.isArray(output) ? partsOf(output) : output),
    ...words.whole("body", isResponse(value) ? withoutRepeated(rest) : rest),
  ]
}
