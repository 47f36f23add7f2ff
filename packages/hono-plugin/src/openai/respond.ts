/** Answers a request for a response, all at once or as the events that OpenAI's API sends. */
import type { FinishReason, Usage } from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import { eventLines } from "../response/eventLines.ts"
import { type AnswerFinish, type AnswerPart, answersTo } from "./answersTo.ts"
import type { CompletionModel } from "./CompletionModel.ts"
import { toApiError } from "./ApiError.ts"
import type { ResponseJob } from "./readResponseRequest.ts"
import { type ItemStatus, newId, type ResponseEvent, ResponseOutput } from "./ResponseOutput.ts"

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
    // What it is told by is for those who listen to it.
    for (const _ of response.told(part, exchange));
    if (part.type === "finish") return response.finished(part)
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
    for (let next = first; next.done !== true; next = await rest.next()) {
      for (const [type, data] of response.told(next.value, exchange)) yield sequence.event(type, data)
      if (next.value.type !== "finish") continue
      const document = response.finished(next.value)
      yield sequence.event(`response.${document.status}`, { response: document })
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

/** Numbers the events of one stream. */
class Sequence {
  #next = 0

  event(type: string, data: object): string {
    return eventLines(type, { type, sequence_number: this.#next++, ...data })
  }
}

/** What an answer is, from its beginning to its end. */
class ResponseDocument {
  readonly #job: ResponseJob
  readonly #model: string
  readonly #id = `resp_${newId()}`
  readonly #createdAt = Math.floor(Date.now() / 1000)
  readonly #output: ResponseOutput

  constructor(job: ResponseJob, model: string) {
    this.#job = job
    this.#model = model
    this.#output = new ResponseOutput(job.isSpelt)
  }

  /** Takes a part of the answer, and gives the events that tell it. */
  *told(part: AnswerPart, exchange: Exchange): Generator<ResponseEvent, void, void> {
    if (part.type === "finish") {
      const { finishReason, usage } = part
      exchange.note({ finishReason, usage })
      return yield* this.#output.end(statusOf(finishReason))
    }
    exchange.noteFirstText()
    if (part.type === "text") yield* this.#output.text(part)
    else yield* this.#output.call(part.call)
  }

  begun() {
    return this.#document("in_progress", [])
  }

  finished({ finishReason, usage }: AnswerFinish) {
    const reason = incompleteReasons[finishReason]
    const status = statusOf(finishReason)
    return {
      ...this.#document(status, this.#output.documents(status)),
      incomplete_details: reason === undefined ? null : { reason },
      usage: usageOf(usage),
    }
  }

  /** @param message that the client is told. */
  failed(message: string) {
    const output = this.#output.documents("incomplete")
    return { ...this.#document("failed", output), error: { code: "server_error", message } }
  }

  #document<S extends ItemStatus | "failed">(status: S, output: ReadonlyArray<unknown>) {
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
      previous_response_id: null,
      reasoning: { effort: null, summary: null },
      // Nothing is kept, whatever was asked.
      store: false,
      text: { format: { type: "text" } },
      truncation: "disabled",
      usage: null,
      ...this.#job.asked,
    }
  }
}

const statusOf = (reason: FinishReason) => (incompleteReasons[reason] === undefined ? "completed" : "incomplete")

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
