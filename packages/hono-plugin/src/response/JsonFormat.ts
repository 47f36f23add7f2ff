/** JSON documents: released once all that they say was judged. */
import type { Frame } from "@facet/sdk"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { isRecord } from "../json/isRecord.ts"
import { parseJson } from "../json/parseJson.ts"
import { stringsOf } from "../json/StringAt.ts"
import { Channels } from "./Channels.ts"
import type { Format, Piece, Unreadable } from "./Format.ts"
import { joined } from "../joined.ts"
import { withoutLogprobs } from "./ResponsesDialect.ts"

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
    yield { value: { bytes: all, hasText: texts.length > 0 }, texts }
  }

  ending(): undefined {
    return undefined
  }
}

/** Choices and items are answers of their own; the rest is read in one. */
function textsOf(text: string) {
  const channels = new Channels()
  const parsed = parseJson(text)
  // Broken JSON is text.
  if (parsed === undefined) return channels.whole("text", [{ path: "", text }])
  const value = withoutLogprobs(parsed.value)
  if (!isRecord(value)) return channels.whole("body", stringsOf(value))
  const { choices, output, ...rest } = value
  const answers = (name: string, list: unknown) =>
    Array.isArray(list)
      ? list.flatMap((answer: unknown, index) => channels.whole(`${name}[${index}]`, stringsOf(answer)))
      : channels.whole(name, stringsOf(list))
  return [
    ...answers("choices", choices),
    ...answers("output", output),
    ...channels.whole("body", stringsOf(isResponse(value) ? { error: rest["error"] } : rest)),
  ]
}

/** Beside its output, an answer of OpenAI's Responses repeats what was asked. */
const isResponse = ({ object, output }: Readonly<Record<string, unknown>>): boolean =>
  object === "response" && Array.isArray(output)
