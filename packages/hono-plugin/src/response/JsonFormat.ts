/** JSON documents: released once all that they say was judged. */
import { charactersOf, type Frame, type FrameText, StreamWords } from "@facet/sdk"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { isRecord, type JsonRecord, parseJson } from "@facet/sdk/words"
import { joined } from "../joined.ts"
import type { Format, Piece, Unreadable } from "./Format.ts"
import { withSpelling } from "./spellingOf.ts"
import { isResponse, partsOf, withoutRepeated } from "./wordedResponse.ts"

export class JsonFormat implements Format {
  readonly isWhole = true
  readonly #unreadable: Unreadable

  constructor(unreadable: Unreadable) {
    this.#unreadable = unreadable
  }

  async *read(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Frame<Piece>> {
    const chunks: Array<Uint8Array> = []
    for await (const chunk of bytes) chunks.push(chunk)
    const all = joined(chunks)
    const texts = textsOf(decodeUtf8(all, "output", this.#unreadable))
    yield { value: { bytes: all, hasText: texts.length > 0, characters: charactersOf(texts) }, texts }
  }

  ending(): undefined {
    return undefined
  }
}

function textsOf(text: string): ReadonlyArray<FrameText> {
  const words = new StreamWords()
  const parsed = parseJson(text)
  // Broken JSON is text, with the escapes of JSON.
  if (parsed === undefined) return [...words.text("text", text, true), ...words.end()]
  return isRecord(parsed.value) ? textsOfRecord(parsed.value, words) : words.whole("body", parsed.value)
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
