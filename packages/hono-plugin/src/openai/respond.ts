/** Answers a request for a response, all at once or as the events that OpenAI's API sends. */
import type { FinishReason, Usage } from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import { eventLines } from "../response/eventLines.ts"
import { type AnswerFinish, type AnswerPart, type AnswerText, answersTo, type CompletionModel } from "./answersTo.ts"
import { toApiError } from "./ApiError.ts"
import { chatLogprobs, type ToldLogprob } from "./CompletionFormat.ts"
import type { ResponseJob } from "./readResponseRequest.ts"

type Parts = AsyncGenerator<AnswerPart, void, void>

export async function respond(job: ResponseJob, server: CompletionModel, exchange: Exchange): Promise<Response> {
  const { cacheSalt, messages, options } = job
  const parts = answersTo({ prompts: [messages], n: 1, echo: "none", options, cacheSalt }, server, exchange)
  const response = new ResponseDocument(job, server.model)
  if (!job.stream) return exchange.json(await whole(parts, response, exchange))
  // An answer that cannot begin is told with its own status: after the first byte it is too late for that.
  const first = await parts.next()
  return exchange.stream(events(first, parts, response, exchange), "text/event-stream; charset=utf-8")
}

async function whole(parts: Parts, response: ResponseDocument, exchange: Exchange): Promise<object> {
  for await (const part of parts) {
    if (part.type === "text") response.add(part, exchange)
    if (part.type === "finish") return response.finished(part, exchange)
  }
  throw new Error("a generation ended without a finish")
}

async function* events(
  first: IteratorResult<AnswerPart, void>,
  rest: Parts,
  response: ResponseDocument,
  exchange: Exchange,
): AsyncGenerator<string, void, void> {
  const sequence = new Sequence()
  try {
    yield sequence.event("response.created", { response: response.begun() })
    yield sequence.event("response.in_progress", { response: response.begun() })
    yield sequence.event("response.output_item.added", { output_index: 0, item: response.item("in_progress") })
    yield sequence.event("response.content_part.added", { ...response.place, part: response.part("") })
    for (let next = first; next.done !== true; next = await rest.next()) {
      if (next.value.type === "text") {
        const logprobs = response.add(next.value, exchange)
        yield sequence.event("response.output_text.delta", { ...response.place, delta: next.value.text, logprobs })
      }
      if (next.value.type === "finish") yield* ending(next.value, response, sequence, exchange)
    }
  } catch (error) {
    // Nobody is there to be told.
    if (exchange.signal.aborted) throw error
    exchange.failureAfterStart(error)
    yield sequence.event("response.failed", { response: response.failed(toApiError(error, "input").message) })
  } finally {
    await rest.return()
  }
}

function* ending(
  finish: AnswerFinish,
  response: ResponseDocument,
  sequence: Sequence,
  exchange: Exchange,
): Generator<string, void, void> {
  const document = response.finished(finish, exchange)
  const { item_id, output_index, content_index } = response.place
  const { logprobs, text } = response.part()
  yield sequence.event("response.output_text.done", { item_id, output_index, content_index, text, logprobs })
  yield sequence.event("response.content_part.done", { ...response.place, part: response.part() })
  yield sequence.event("response.output_item.done", { output_index, item: response.item(document.status) })
  yield sequence.event(`response.${document.status}`, { response: document })
}

/** Numbers the events of one stream. */
class Sequence {
  #next = 0

  event(type: string, data: object): string {
    return eventLines(type, { type, sequence_number: this.#next++, ...data })
  }
}

type Status = "in_progress" | "completed" | "incomplete" | "failed"

/** What an answer is, from its beginning to its end. */
class ResponseDocument {
  readonly #job: ResponseJob
  readonly #model: string
  readonly #id = `resp_${idOf()}`
  readonly #createdAt = Math.floor(Date.now() / 1000)
  readonly place = { item_id: `msg_${idOf()}`, output_index: 0, content_index: 0 }
  readonly #logprobs: Array<ToldLogprob> = []
  #text = ""

  constructor(job: ResponseJob, model: string) {
    this.#job = job
    this.#model = model
  }

  /** Takes a piece of the text, and gives how likely its tokens are. */
  add({ logprobs = [], text }: AnswerText, exchange: Exchange): ReadonlyArray<unknown> {
    exchange.noteFirstText()
    this.#text += text
    this.#logprobs.push(...logprobs)
    return this.#spelt(logprobs)
  }

  begun() {
    return this.#document("in_progress", [])
  }

  finished({ finishReason, usage }: AnswerFinish, exchange: Exchange) {
    exchange.note({ finishReason, usage })
    const reason = incompleteReasons[finishReason]
    const status = reason === undefined ? "completed" : "incomplete"
    return {
      ...this.#document(status, [this.item(status)]),
      incomplete_details: reason === undefined ? null : { reason },
      usage: usageOf(usage),
    }
  }

  /** @param message that the client is told. */
  failed(message: string) {
    const output = this.#text === "" ? [] : [this.item("incomplete")]
    return { ...this.#document("failed", output), error: { code: "server_error", message } }
  }

  item(status: Status) {
    const content = status === "in_progress" ? [] : [this.part()]
    return { id: this.place.item_id, type: "message", status, role: "assistant", content }
  }

  part(text = this.#text) {
    const logprobs = text === "" ? [] : this.#spelt(this.#logprobs)
    return { type: "output_text", text, annotations: [], logprobs }
  }

  #spelt(logprobs: ReadonlyArray<ToldLogprob>): ReadonlyArray<unknown> {
    return this.#job.isSpelt ? (chatLogprobs(logprobs)?.content ?? []) : []
  }

  #document<S extends Status>(status: S, output: ReadonlyArray<unknown>) {
    return {
      id: this.#id,
      object: "response",
      created_at: this.#createdAt,
      status,
      background: false,
      error: null,
      incomplete_details: null,
      model: this.#model,
      output,
      parallel_tool_calls: false,
      previous_response_id: null,
      reasoning: { effort: null, summary: null },
      // Nothing is kept, whatever was asked.
      store: false,
      text: { format: { type: "text" } },
      tool_choice: "none",
      tools: [],
      truncation: "disabled",
      usage: null,
      ...this.#job.asked,
    }
  }
}

const idOf = (): string => globalThis.crypto.randomUUID().replaceAll("-", "")

/** Why an answer is not complete; nothing where it is. */
const incompleteReasons: Readonly<Record<FinishReason, string | undefined>> = {
  stop: undefined,
  length: "max_output_tokens",
  blocked: "content_filter",
  "tool-calls": undefined,
}

const usageOf = ({ cachedTokens, completionTokens, promptTokens }: Usage) => ({
  input_tokens: promptTokens,
  input_tokens_details: { cached_tokens: cachedTokens },
  output_tokens: completionTokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: promptTokens + completionTokens,
})
