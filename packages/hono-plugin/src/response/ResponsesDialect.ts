/** OpenAI's Responses, streamed. */
import type { FrameText, StreamWords } from "@facet/sdk"
import { isRecord, type JsonRecord } from "@facet/sdk/words"
import type { Dialect } from "./Dialect.ts"
import { eventLines } from "./eventLines.ts"
import type { Ending } from "./Format.ts"
import { spellingOf } from "./spellingOf.ts"
import { withoutNames } from "./withoutNames.ts"
import { wordedResponse } from "./wordedResponse.ts"

const final = /^response\.(completed|incomplete|failed|cancelled)$/
/** Events that tell something whole. */
const complete = /\.(done|added|created|queued|in_progress|completed|incomplete|failed|cancelled)$/
const eventNames = ["type", "item_id", "response_id", "event_id", "obfuscation"]

/** An event that says the next piece of a text. */
interface Delta extends JsonRecord {
  readonly type: string
  /** Of the text. */
  readonly name: string
  readonly delta: string
}

export class ResponsesDialect implements Dialect {
  readonly #words: StreamWords
  #response: JsonRecord = { object: "response", output: [] }
  #sequence = -1
  #isFinished = false
  /** Texts that went out, by item. */
  readonly #items = new Map<string, string>()

  constructor(words: StreamWords) {
    this.#words = words
  }

  static knows({ type }: JsonRecord): boolean {
    return typeof type === "string" && type.startsWith("response.")
  }

  texts(event: JsonRecord): ReadonlyArray<FrameText> {
    const type = String(event["type"])
    const rest = withoutNames(event, eventNames)
    const name = nameOf(type, event)
    if (typeof rest["delta"] === "string") return this.#deltaTexts({ ...rest, type, name, delta: rest["delta"] })
    const ended = final.test(type) ? this.#words.end() : type.endsWith(".done") ? this.#end(type, name) : []
    if (!complete.test(type)) return [...ended, ...this.#words.fields(`${type} `, rest, true)]
    const { item, response, ...others } = rest
    return [...ended, ...this.#words.whole(type, { ...others, ...wordedResponse({ item, response }) })]
  }

  #deltaTexts({ delta, logprobs, name, type, ...rest }: Delta): ReadonlyArray<FrameText> {
    const kind = kindOf(type)
    const spelt = spellingOf(logprobs)
    return [
      ...this.#words.pauseBlocks(kind),
      ...this.#goOn(kind, name, delta),
      ...(spelt.text === "" || spelt.text === delta ? [] : this.#words.text(`${name}.logprobs`, spelt.text)),
      ...this.#words.fields(`${type} `, { ...rest, logprobs: spelt.rest }, true),
    ]
  }

  /** Sound is bytes, unless it says something. */
  #goOn(kind: string, name: string, delta: string): ReadonlyArray<FrameText> {
    if (kind.endsWith("audio")) return this.#words.fields(`${name} `, { delta })
    if (isOwn(kind)) return this.#words.text(name, delta, kind.includes("arguments"))
    return this.#words.block(kind, name, delta)
  }

  #end(type: string, name: string): ReadonlyArray<FrameText> {
    const kind = kindOf(type)
    return isOwn(kind) ? this.#words.endText(name) : this.#words.endBlock(kind, name)
  }

  sent(event: JsonRecord): void {
    const { delta, item_id, response, sequence_number, type } = event
    if (isRecord(response)) this.#response = response
    if (typeof sequence_number === "number") this.#sequence = sequence_number
    if (typeof type === "string" && final.test(type)) this.#isFinished = true
    if (type === "response.output_text.delta" && typeof delta === "string") {
      const id = String(item_id)
      this.#items.set(id, (this.#items.get(id) ?? "") + delta)
    }
  }

  ending(why: Ending): string {
    if (this.#isFinished) return ""
    const isBlocked = why.type === "blocked"
    const status = isBlocked ? "incomplete" : "failed"
    const error = isBlocked ? null : { code: "server_error", message: why.message }
    const incomplete_details = isBlocked ? { reason: "content_filter" } : null
    return eventLines(`response.${status}`, {
      type: `response.${status}`,
      sequence_number: this.#sequence + 1,
      response: { ...this.#response, status, error, incomplete_details, output: this.#output() },
      ...(isBlocked ? { verdict: why.verdict } : {}),
    })
  }

  /** The items as far as they went out. */
  #output(): ReadonlyArray<JsonRecord> {
    return [...this.#items].map(([id, text]) => ({
      id,
      type: "message",
      role: "assistant",
      status: "incomplete",
      content: [{ type: "output_text", text, annotations: [] }],
    }))
  }
}

const kindOf = (type: string): string => type.replace(/^response\./, "").replace(/\.(delta|done)$/, "")

/** Whether each text of a kind stands for itself: what tools are called with. */
const isOwn = (kind: string): boolean => /arguments$|_input$|_code$|audio$/.test(kind)

const nameOf = (type: string, { content_index, item_id, output_index, summary_index }: JsonRecord): string =>
  `${kindOf(type)}${JSON.stringify([item_id ?? output_index, content_index ?? summary_index ?? 0])}`
