/** Event streams: OpenAI's, the AI SDK's, anybody's. */
import { type Frame, type FrameText, JsonRedaction, StreamWords } from "@facet/sdk"
import { isRecord, type JsonRecord, parseJson } from "@facet/sdk/words"
import { UnreadableBodyError } from "../UnreadableBodyError.ts"
import { AnthropicDialect } from "./AnthropicDialect.ts"
import type { Dialect } from "./Dialect.ts"
import { type Ending, type Format, frameOf, type Piece, redacting, type Unreadable } from "./Format.ts"
import { OpenAiDialect } from "./OpenAiDialect.ts"
import { ResponsesDialect } from "./ResponsesDialect.ts"
import { asItWasRead } from "./asItWasRead.ts"
import type { Clean } from "./withoutForged.ts"
import { EventSplitter, parseBlock, type ServerSentEvent, withData } from "./ServerSentEvent.ts"
import { UiMessageDialect } from "./UiMessageDialect.ts"
import { UnknownDialect } from "./UnknownDialect.ts"

const dialects = [UiMessageDialect, ResponsesDialect, AnthropicDialect, OpenAiDialect]

export class EventStreamFormat implements Format {
  readonly isWhole = false
  /** Its length is not told anyway. */
  readonly isRewritten = false
  readonly #unreadable: Unreadable
  readonly #clean: Clean
  readonly #words = new StreamWords()
  readonly #redaction = new JsonRedaction()
  #dialect: Dialect | undefined
  #isDone = false

  /** @param isUiMessages whether a header says that it is a UI message stream; otherwise its first event tells. */
  constructor(isUiMessages: boolean, unreadable: Unreadable, clean: Clean) {
    this.#unreadable = unreadable
    this.#clean = clean
    if (isUiMessages) this.#dialect = new UiMessageDialect(this.#words)
  }

  async *read(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Frame<Piece>> {
    const splitter = new EventSplitter()
    for await (const chunk of bytes) {
      for (const block of splitter.push(chunk)) yield this.#frame(parseBlock(block, true, this.#unreadable))
    }
    const rest = splitter.rest()
    if (rest.length > 0) yield this.#frame(this.#checkRest(parseBlock(rest, false, this.#unreadable)))
    yield frameOf(new Uint8Array(), this.#words.end())
  }

  ending(why: Ending): string {
    if (this.#isDone) return ""
    return (this.#dialect ?? new UnknownDialect(this.#words)).ending(why)
  }

  #frame(event: ServerSentEvent): Frame<Piece> {
    const { data, strayText } = event
    const isDone = data?.trim() === "[DONE]"
    const parsed = data === undefined || isDone ? undefined : parseJson(data)
    const { isChanged, value: json } = asItWasRead(this.#clean, data ?? "", parsed)
    // An event of which nothing is left is none.
    if (isChanged && json === undefined) return frameOf(new Uint8Array(), [])
    const bytes = isChanged ? withData(event, JSON.stringify(json)) : event.bytes
    const record = isRecord(json) ? json : undefined
    const sent = () => {
      if (isDone) this.#isDone = true
      if (record !== undefined) this.#dialect?.sent(record)
    }
    const stray = strayText === "" ? [] : this.#words.text("lines", `${strayText}\n`)
    const texts = [...(isDone ? this.#words.end() : this.#dataTexts(data, json)), ...stray]
    const redact =
      json === undefined
        ? redacting(this.#redaction, bytes, data ?? "", texts, (said) =>
            withData(event, said.replaceAll("\n", "\ndata: ")),
          )
        : redacting(this.#redaction, bytes, json, texts, (said) => withData(event, JSON.stringify(said)))
    return frameOf(bytes, texts, sent, redact)
  }

  /** A comment is no event, and completes nothing. */
  #dataTexts(data: string | undefined, json: unknown): ReadonlyArray<FrameText> {
    if (data === undefined) return []
    return [...(isRecord(json) ? this.#read(json) : this.#plain(data, json)), ...this.#words.nextEvent()]
  }

  #read(event: JsonRecord): ReadonlyArray<FrameText> {
    const known = () => dialects.find((dialect) => dialect.knows(event)) ?? UnknownDialect
    this.#dialect ??= new (known())(this.#words)
    return this.#dialect.texts(event)
  }

  #plain(data: string, json: unknown): ReadonlyArray<FrameText> {
    if (Array.isArray(json)) return this.#words.fields("data ", json)
    return this.#words.text("data", typeof json === "string" ? json : data)
  }

  /** What broke off in the middle tells nothing to a client of a protocol whose events are JSON. */
  #checkRest(rest: ServerSentEvent): ServerSentEvent {
    const { data } = rest
    const isKnown = this.#dialect !== undefined && !(this.#dialect instanceof UnknownDialect)
    if (!isKnown || data === undefined || data.trim() === "[DONE]" || parseJson(data) !== undefined) return rest
    throw new UnreadableBodyError({
      of: "output",
      reason: "malformed",
      problem: "The event stream broke off in the middle of an event",
      remedy: "End each event with a blank line.",
    })
  }
}
