/** Answers a chat or a prompt in the form of Ollama's API: one document, or one a line. */
import type { FinishReason, ToolCall } from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import { type AnswerFinish, type AnswerPart, answersTo, type AnswerText } from "../openai/answersTo.ts"
import type { CompletionModel } from "../openai/CompletionModel.ts"
import { type Answered, chatLogprobs } from "../openai/CompletionFormat.ts"
import { nanoseconds } from "./nanoseconds.ts"
import type { OllamaJob } from "./OllamaJob.ts"

export interface ReplyServer extends CompletionModel {
  /** Puts a text, and calls, where the route has them. */
  readonly said: (text: string, calls: ReadonlyArray<ToolCall>) => object
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
  const calls: Array<ToolCall> = []
  for await (const part of parts) {
    if (part.type === "finish") return lines.finish(part, { text, calls }, logprobs)
    exchange.noteFirstText()
    if (part.type === "call") {
      if (part.call.type === "tool-call") calls.push(part.call)
      continue
    }
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
      yield* lines.of(next.value).map(lineOf)
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
const reasons: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  blocked: "content_filter",
  // Nor has it one for calls: clients look whether there are some.
  "tool-calls": "stop",
}

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
    return { ...this.#line(""), done: true, done_reason: this.#job.isUnloading ? "unload" : "load" }
  }

  /** Ollama tells a call when it is complete. */
  of(part: AnswerPart): ReadonlyArray<object> {
    switch (part.type) {
      case "text":
        return [this.text(part)]
      case "call":
        return part.call.type === "tool-call" ? [{ ...this.#line("", [part.call]), done: false }] : []
      case "finish":
        return [this.finish(part, { text: "", calls: [] }, [])]
    }
  }

  text({ logprobs, text }: AnswerText): object {
    this.#exchange.noteFirstText()
    return { ...this.#line(text), done: false, ...this.#spelt(logprobs ?? []) }
  }

  finish(
    { finishReason, timings, usage }: AnswerFinish,
    { calls, text }: Answered,
    logprobs: NonNullable<AnswerText["logprobs"]>,
  ): object {
    const { loadMs } = this.#server
    const { firstTokenMs, totalMs } = timings ?? { firstTokenMs: 0, totalMs: 0 }
    this.#exchange.note({ finishReason, usage })
    return {
      ...this.#line(text, calls),
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

  #line(text: string, calls: ReadonlyArray<ToolCall> = []): object {
    return { model: this.#server.model, created_at: new Date().toISOString(), ...this.#server.said(text, calls) }
  }

  #spelt(logprobs: NonNullable<AnswerText["logprobs"]>): object {
    return this.#job.isSpelt ? { logprobs: chatLogprobs(logprobs)?.content ?? [] } : {}
  }
}
