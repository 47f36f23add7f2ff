/** Answers a chat or a prompt in the form of Ollama's API: one document, or one a line. */
import type { FinishReason } from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import {
  type AnswerFinish,
  type AnswerPart,
  answersTo,
  type AnswerText,
  type CompletionModel,
} from "../openai/answersTo.ts"
import { chatLogprobs } from "../openai/CompletionFormat.ts"
import { nanoseconds } from "./nanoseconds.ts"
import type { OllamaJob } from "./OllamaJob.ts"

export interface ReplyServer extends CompletionModel {
  /** Puts a text where the route has it. */
  readonly said: (text: string) => object
  /** Milliseconds until the model was there. */
  readonly loadMs: number
}

const linesType = "application/x-ndjson"

type Parts = AsyncGenerator<AnswerPart, void, void>

export async function reply(job: OllamaJob, server: ReplyServer, exchange: Exchange): Promise<Response> {
  const { options, prompt } = job
  const lines = new Lines(job, server, exchange)
  if (prompt === undefined) return exchange.json(lines.loaded())
  const asked = { prompts: [prompt], n: 1, echo: "none", options, cacheSalt: undefined } as const
  const parts = answersTo(asked, server, exchange)
  if (!job.stream) return exchange.json(await whole(parts, lines, exchange))
  // An answer that cannot begin is told with its own status: after the first byte it is too late for that.
  const first = await parts.next()
  return exchange.stream(streamed(first, parts, lines, exchange), linesType)
}

async function whole(parts: Parts, lines: Lines, exchange: Exchange): Promise<object> {
  let text = ""
  let logprobs: AnswerText["logprobs"] = []
  for await (const part of parts) {
    if (part.type === "finish") return lines.finish(part, text, logprobs)
    exchange.noteFirstText()
    text += part.text
    logprobs = [...logprobs, ...(part.logprobs ?? [])]
  }
  throw new Error("a generation ended without a finish")
}

async function* streamed(
  first: IteratorResult<AnswerPart, void>,
  rest: Parts,
  lines: Lines,
  exchange: Exchange,
): AsyncGenerator<string, void, void> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      yield lineOf(next.value.type === "text" ? lines.text(next.value) : lines.finish(next.value, "", []))
    }
  } catch (error) {
    // Nobody is there to be told.
    if (exchange.signal.aborted) throw error
    yield lineOf(exchange.failureAfterStart(error))
  } finally {
    await rest.return()
  }
}

const lineOf = (document: object): string => `${JSON.stringify(document)}\n`

/** Ollama has no word for what a guard holds back: this is OpenAI's. */
const reasons: Readonly<Record<FinishReason, string>> = { stop: "stop", length: "length", blocked: "content_filter" }

class Lines {
  readonly #job: OllamaJob
  readonly #server: ReplyServer
  readonly #exchange: Exchange
  readonly #startedAt = performance.now()

  constructor(job: OllamaJob, server: ReplyServer, exchange: Exchange) {
    this.#job = job
    this.#server = server
    this.#exchange = exchange
  }

  /** The model is there, and was asked nothing. */
  loaded(): object {
    return { ...this.#line(""), done: true, done_reason: "load" }
  }

  text({ logprobs, text }: AnswerText): object {
    this.#exchange.noteFirstText()
    return { ...this.#line(text), done: false, ...this.#spelt(logprobs ?? []) }
  }

  finish(
    { finishReason, timings, usage }: AnswerFinish,
    text: string,
    logprobs: NonNullable<AnswerText["logprobs"]>,
  ): object {
    const { loadMs } = this.#server
    const { firstTokenMs, totalMs } = timings ?? { firstTokenMs: 0, totalMs: 0 }
    this.#exchange.note({ finishReason, usage })
    return {
      ...this.#line(text),
      done: true,
      done_reason: reasons[finishReason],
      ...(logprobs.length > 0 && this.#spelt(logprobs)),
      total_duration: nanoseconds(loadMs + performance.now() - this.#startedAt),
      load_duration: nanoseconds(loadMs),
      prompt_eval_count: usage.promptTokens,
      prompt_eval_duration: nanoseconds(firstTokenMs),
      eval_count: usage.completionTokens,
      eval_duration: nanoseconds(totalMs - firstTokenMs),
    }
  }

  #line(text: string): object {
    return { model: this.#server.model, created_at: new Date().toISOString(), ...this.#server.said(text) }
  }

  #spelt(logprobs: NonNullable<AnswerText["logprobs"]>): object {
    return this.#job.isSpelt ? { logprobs: chatLogprobs(logprobs)?.content ?? [] } : {}
  }
}
