/** OpenAI's Responses, streamed. */
import type { FrameText } from "@facet/sdk"
import { isRecord } from "../json/isRecord.ts"
import { stringsOf } from "../json/StringAt.ts"
import type { Channels } from "./Channels.ts"
import type { Dialect, Json } from "./Dialect.ts"
import { eventLines } from "./eventLines.ts"
import type { Ending } from "./Format.ts"
import { textOfLogprobs } from "./textOfLogprobs.ts"

const final = /^response\.(completed|incomplete|failed|cancelled)$/

export class ResponsesDialect implements Dialect {
  readonly #channels: Channels
  #response: Json = { object: "response", output: [] }
  #sequence = -1
  #isFinished = false
  /** Texts that went out, by item. */
  readonly #items = new Map<string, string>()

  constructor(channels: Channels) {
    this.#channels = channels
  }

  static knows({ type }: Json): boolean {
    return typeof type === "string" && type.startsWith("response.")
  }

  texts(event: Json): ReadonlyArray<FrameText> {
    const type = String(event["type"])
    // The rest of a response is what was asked: the app's instructions, its tools.
    if (isRecord(event["response"])) {
      const { error, incomplete_details, output } = event["response"]
      return [
        ...(final.test(type) ? this.#channels.end() : []),
        ...this.#channels.whole(type, stringsOf({ error, incomplete_details, output: withoutLogprobs(output) })),
      ]
    }
    const { delta, logprobs, ...rest } = event
    const name = nameOf(type, event)
    if (typeof delta !== "string") {
      const ended = type.endsWith(".done") ? this.#channels.end(name) : []
      return [...ended, ...this.#channels.whole(type, stringsOf({ ...rest, delta }))]
    }
    const spelt = textOfLogprobs(logprobs)
    return [
      ...stringsOf({ delta: type === "response.audio.delta" ? undefined : delta }).flatMap(({ text }) =>
        this.#channels.append(name, text, name.includes("arguments")),
      ),
      ...(spelt === delta ? [] : this.#channels.append(`${name}.logprobs`, spelt)),
      ...this.#channels.whole(type, stringsOf(rest)),
    ]
  }

  sent(event: Json): void {
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
  #output(): ReadonlyArray<Json> {
    return [...this.#items].map(([id, text]) => ({
      id,
      type: "message",
      role: "assistant",
      status: "incomplete",
      content: [{ type: "output_text", text, annotations: [] }],
    }))
  }
}

function nameOf(type: string, { content_index, item_id, output_index, summary_index }: Json): string {
  const kind = type.replace(/^response\./, "").replace(/\.(delta|done)$/, "")
  return `${kind}${JSON.stringify([item_id ?? output_index, content_index ?? summary_index ?? 0])}`
}

/** Tokens that spell what the text beside them says. */
export function withoutLogprobs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLogprobs)
  if (!isRecord(value)) return value
  const { logprobs, ...rest } = value
  const inner = Object.fromEntries(Object.entries(rest).map(([key, child]) => [key, withoutLogprobs(child)]))
  const spelt = textOfLogprobs(logprobs)
  const isRepeated = spelt === "" || stringsOf(rest).some(({ text }) => text === spelt)
  return isRepeated ? inner : { ...inner, logprobs: spelt }
}
