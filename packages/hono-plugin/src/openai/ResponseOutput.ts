/** The items of a response: what was said and what was called, each with the events that tell it. */
import type { ToolPart } from "@facet/sdk/words"
import type { AnswerText } from "./answersTo.ts"
import { chatLogprobs, type ToldLogprob } from "./CompletionFormat.ts"

/** The type of an event, and what it has beside its type and number. */
export type ResponseEvent = readonly [type: string, data: object]

export type ItemStatus = "in_progress" | "completed" | "incomplete"

type Events = Generator<ResponseEvent, void, void>

interface Item {
  /** What is told before anything of it is there. */
  readonly opened: () => Events
  readonly closed: (status: ItemStatus) => Events
  readonly document: (status: ItemStatus) => object
}

export class ResponseOutput {
  readonly #isSpelt: boolean
  readonly #items: Array<MessageItem | CallItem> = []
  /** Whether the last of them goes on. */
  #isOpen = false

  /** @param isSpelt whether log-probabilities are told. */
  constructor(isSpelt: boolean) {
    this.#isSpelt = isSpelt
  }

  *text(part: AnswerText): Events {
    const last = this.#items.at(-1)
    if (this.#isOpen && last instanceof MessageItem) return yield* last.add(part)
    yield* this.#closeLast("completed")
    const message = new MessageItem(this.#items.length, this.#isSpelt)
    yield* this.#open(message)
    yield* message.add(part)
  }

  *call(part: ToolPart): Events {
    if (part.type === "tool-input-start") {
      yield* this.#closeLast("completed")
      return yield* this.#open(new CallItem(this.#items.length, part.id, part.name))
    }
    const last = this.#items.at(-1)
    if (!(last instanceof CallItem)) throw new Error("a call goes on that has not begun")
    if (part.type === "tool-input-delta") return yield* last.add(part.delta)
    yield* this.#closeLast("completed")
  }

  /** An answer that says nothing is a message of no text. */
  *end(status: ItemStatus): Events {
    if (this.#items.length === 0) yield* this.#open(new MessageItem(0, this.#isSpelt))
    yield* this.#closeLast(status)
  }

  /** @param status of an item that is not complete. */
  documents(status: ItemStatus): ReadonlyArray<object> {
    return this.#items.map((item) => item.document(item.status ?? status))
  }

  *#open(item: MessageItem | CallItem): Events {
    this.#items.push(item)
    this.#isOpen = true
    yield* item.opened()
  }

  *#closeLast(status: ItemStatus): Events {
    const last = this.#items.at(-1)
    if (!this.#isOpen || last === undefined) return
    this.#isOpen = false
    last.status = status
    yield* last.closed(status)
  }
}

class MessageItem implements Item {
  status: ItemStatus | undefined
  readonly #place: { readonly item_id: string; readonly output_index: number; readonly content_index: 0 }
  readonly #isSpelt: boolean
  readonly #logprobs: Array<ToldLogprob> = []
  #text = ""

  constructor(index: number, isSpelt: boolean) {
    this.#place = { item_id: `msg_${newId()}`, output_index: index, content_index: 0 }
    this.#isSpelt = isSpelt
  }

  *opened(): Events {
    const { output_index } = this.#place
    yield ["response.output_item.added", { output_index, item: { ...this.document("in_progress"), content: [] } }]
    yield ["response.content_part.added", { ...this.#place, part: this.#part("") }]
  }

  *add({ logprobs = [], text }: AnswerText): Events {
    this.#text += text
    this.#logprobs.push(...logprobs)
    yield ["response.output_text.delta", { ...this.#place, delta: text, logprobs: this.#spelt(logprobs) }]
  }

  *closed(status: ItemStatus): Events {
    const part = this.#part(this.#text)
    const { logprobs, text } = part
    yield ["response.output_text.done", { ...this.#place, text, logprobs }]
    yield ["response.content_part.done", { ...this.#place, part }]
    const { output_index } = this.#place
    yield ["response.output_item.done", { output_index, item: this.document(status) }]
  }

  document(status: ItemStatus): object {
    return { id: this.#place.item_id, type: "message", status, role: "assistant", content: [this.#part(this.#text)] }
  }

  #part(text: string) {
    return { type: "output_text", text, annotations: [], logprobs: text === "" ? [] : this.#spelt(this.#logprobs) }
  }

  #spelt(logprobs: ReadonlyArray<ToldLogprob>): ReadonlyArray<unknown> {
    return this.#isSpelt ? (chatLogprobs(logprobs)?.content ?? []) : []
  }
}

class CallItem implements Item {
  status: ItemStatus | undefined
  readonly #place: { readonly item_id: string; readonly output_index: number }
  readonly #callId: string
  readonly #name: string
  #arguments = ""

  constructor(index: number, callId: string, name: string) {
    this.#place = { item_id: `fc_${newId()}`, output_index: index }
    this.#callId = callId
    this.#name = name
  }

  *opened(): Events {
    const { output_index } = this.#place
    yield ["response.output_item.added", { output_index, item: this.document("in_progress") }]
  }

  *add(delta: string): Events {
    this.#arguments += delta
    yield ["response.function_call_arguments.delta", { ...this.#place, delta }]
  }

  *closed(status: ItemStatus): Events {
    const told = { ...this.#place, name: this.#name, arguments: this.#arguments }
    yield ["response.function_call_arguments.done", told]
    const { output_index } = this.#place
    yield ["response.output_item.done", { output_index, item: this.document(status) }]
  }

  document(status: ItemStatus): object {
    const { item_id: id } = this.#place
    return {
      id,
      type: "function_call",
      status,
      call_id: this.#callId,
      name: this.#name,
      arguments: this.#arguments,
    }
  }
}

export const newId = (): string => globalThis.crypto.randomUUID().replaceAll("-", "")
