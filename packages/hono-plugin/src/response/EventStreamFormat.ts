/** Event streams: OpenAI's, the AI SDK's, anybody's. */
import type { Frame, FrameText } from "@facet/sdk"
import { isRecord } from "../json/isRecord.ts"
import { parseJson } from "../json/parseJson.ts"
import { stringsOf } from "../json/StringAt.ts"
import { UnreadableBodyError } from "../UnreadableBodyError.ts"
import { Channels } from "./Channels.ts"
import type { Dialect, Json } from "./Dialect.ts"
import type { Ending, Format, Piece, Unreadable } from "./Format.ts"
import { OpenAiDialect } from "./OpenAiDialect.ts"
import { ResponsesDialect } from "./ResponsesDialect.ts"
import { EventSplitter, parseBlock, type ServerSentEvent } from "./ServerSentEvent.ts"
import { UiMessageDialect } from "./UiMessageDialect.ts"
import { UnknownDialect } from "./UnknownDialect.ts"

const dialects = [UiMessageDialect, ResponsesDialect, OpenAiDialect]

export class EventStreamFormat implements Format {
  readonly isWhole = false
  readonly #unreadable: Unreadable
  readonly #channels = new Channels()
  #dialect: Dialect | undefined
  #isDone = false

  /** @param isUiMessages whether a header says that it is a UI message stream; otherwise its first event tells. */
  constructor(isUiMessages: boolean, unreadable: Unreadable) {
    this.#unreadable = unreadable
    if (isUiMessages) this.#dialect = new UiMessageDialect(this.#channels)
  }

  async *read(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Frame<Piece>> {
    const splitter = new EventSplitter()
    for await (const chunk of bytes) {
      for (const block of splitter.push(chunk)) yield this.#frame(parseBlock(block, true, this.#unreadable))
    }
    const rest = splitter.rest()
    if (rest.length > 0) yield this.#frame(this.#checkRest(parseBlock(rest, false, this.#unreadable)))
  }

  ending(why: Ending): string {
    if (this.#isDone) return ""
    return (this.#dialect ?? new UnknownDialect(this.#channels)).ending(why)
  }

  #frame(event: ServerSentEvent): Frame<Piece> {
    const { bytes, data, strayText } = event
    const isDone = data?.trim() === "[DONE]"
    const json = data === undefined || isDone ? undefined : parseJson(data)?.value
    const record = isRecord(json) ? json : undefined
    const texts = [
      ...(isDone ? this.#channels.end() : record === undefined ? this.#plain(data, json) : this.#read(record)),
      ...(strayText === "" ? [] : this.#channels.append("lines", `${strayText}\n`)),
    ]
    const sent = () => {
      if (isDone) this.#isDone = true
      if (record !== undefined) this.#dialect?.sent(record)
    }
    return { value: { bytes, hasText: texts.some(({ text }) => text !== ""), sent }, texts }
  }

  #read(event: Json): ReadonlyArray<FrameText> {
    const known = () => dialects.find((dialect) => dialect.knows(event)) ?? UnknownDialect
    this.#dialect ??= new (known())(this.#channels)
    return this.#dialect.texts(event)
  }

  #plain(data: string | undefined, json: unknown): ReadonlyArray<FrameText> {
    if (data === undefined) return []
    if (typeof json === "string") return this.#channels.append("data", json)
    if (Array.isArray(json)) return this.#channels.whole("data", stringsOf(json))
    return this.#channels.append("data", data)
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
