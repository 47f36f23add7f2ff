/** Answers a request for completions, all at once or as a stream of server-sent events. */
import type { FinishReason, Usage } from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import { type AnswerFinish, type AnswerPart, answersTo, type CompletionModel } from "./answers.ts"
import { type Choice, type CompletionFormat, publicUsage, type ToldLogprob } from "./CompletionFormat.ts"
import type { CompletionJob } from "./CompletionJob.ts"

export interface CompletionServer extends CompletionModel {
  readonly format: CompletionFormat
}

type Parts = AsyncGenerator<AnswerPart, void, void>

export async function complete(job: CompletionJob, server: CompletionServer, exchange: Exchange): Promise<Response> {
  const { format, model } = server
  const parts = answersTo(job, server, exchange)
  const heading = {
    id: `${format.idPrefix}${globalThis.crypto.randomUUID().replaceAll("-", "")}`,
    created: Math.floor(Date.now() / 1000),
    model,
  }
  const answer = { heading, job, format, exchange, totals: new Totals(job.n) }
  if (!job.stream) return exchange.json(await whole(parts, answer))
  // An answer that cannot begin is told with its own status: after the first byte it is too late for that.
  const first = await parts.next()
  return exchange.stream(events(first, parts, answer), "text/event-stream; charset=utf-8")
}

interface Answer {
  readonly heading: { readonly id: string; readonly created: number; readonly model: string }
  readonly job: CompletionJob
  readonly format: CompletionFormat
  readonly exchange: Exchange
  readonly totals: Totals
}

async function whole(parts: Parts, { format, exchange, heading, job, totals }: Answer): Promise<object> {
  const choices: Array<Choice> = []
  let logprobs: Array<ToldLogprob> = []
  let text = ""
  for await (const part of parts) {
    if (part.type === "text") {
      exchange.noteFirstText()
      text += part.text
      logprobs.push(...(part.logprobs ?? []))
      continue
    }
    exchange.note(totals.add(part))
    choices.push(format.answer(part.index, text, part.finishReason, wantsLogprobs(job) ? logprobs : undefined))
    text = ""
    logprobs = []
  }
  return { ...heading, object: format.whole, choices, usage: publicUsage(totals.usage) }
}

async function* events(first: Step, rest: Parts, answer: Answer): AsyncGenerator<string, void, void> {
  const { exchange } = answer
  try {
    yield* chunks(first, rest, answer)
  } catch (error) {
    // Nobody is there to be told.
    if (exchange.signal.aborted) throw error
    yield event(exchange.failureAfterStart(error))
  } finally {
    await rest.return()
  }
  yield "data: [DONE]\n\n"
}

type Step = IteratorResult<AnswerPart, void>

async function* chunks(first: Step, rest: Parts, answer: Answer): AsyncGenerator<string, void, void> {
  const { format, exchange, heading, job, totals } = answer
  const { includeUsage } = job
  // As in OpenAI's API: whoever asks for figures finds the field in every chunk, and the figures in the last.
  const chunk = (choice: Choice): string =>
    event({ ...heading, object: format.chunk, choices: [choice], ...(includeUsage && { usage: null }) })
  let open: number | undefined
  let offset = 0
  for (let next = first; next.done !== true; next = await rest.next()) {
    const part = next.value
    if (part.index !== open) {
      open = part.index
      offset = 0
      if (format.opening !== undefined) yield chunk(format.opening(open))
    }
    if (part.type === "finish") {
      exchange.note(totals.add(part))
      yield chunk(format.closing(open, part.finishReason))
      continue
    }
    exchange.noteFirstText()
    yield chunk(format.piece(open, part.text, wantsLogprobs(job) ? (part.logprobs ?? []) : undefined, offset))
    offset += part.text.length
  }
  if (includeUsage) yield event({ ...heading, object: format.chunk, choices: [], usage: publicUsage(totals.usage) })
}

/** Figures of all answers together: a prompt counts once, however many answer it. */
class Totals {
  readonly #answersEach: number
  usage: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0 }

  constructor(answersEach: number) {
    this.#answersEach = answersEach
  }

  add({ finishReason, index, usage }: AnswerFinish): {
    readonly finishReason: FinishReason
    readonly usage: Usage
  } {
    const { cachedTokens, completionTokens, promptTokens } = this.usage
    const isFirst = index % this.#answersEach === 0
    this.usage = {
      promptTokens: promptTokens + (isFirst ? usage.promptTokens : 0),
      cachedTokens: cachedTokens + (isFirst ? usage.cachedTokens : 0),
      completionTokens: completionTokens + usage.completionTokens,
    }
    return { finishReason, usage: this.usage }
  }
}

/** 0 asks for those of the chosen tokens alone. */
const wantsLogprobs = ({ options: { logprobs } }: CompletionJob): boolean =>
  logprobs !== undefined && logprobs !== false

const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`
