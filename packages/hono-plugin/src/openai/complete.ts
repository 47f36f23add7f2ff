/** Answers a request for completions, all at once or as a stream of server-sent events. */
import type { FinishReason, ToolCall, Usage } from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import { type AnswerFinish, type AnswerPart, answersTo } from "./answersTo.ts"
import type { CompletionModel } from "./CompletionModel.ts"
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
  const said = new Map<
    number,
    { text: string; readonly calls: Array<ToolCall>; readonly logprobs: Array<ToldLogprob> }
  >()
  const choices: Array<readonly [index: number, choice: Choice]> = []
  for await (const part of parts) {
    const { index } = part
    const one = said.get(index) ?? { text: "", calls: [], logprobs: [] }
    said.set(index, one)
    if (part.type === "text") {
      exchange.noteFirstText()
      one.text += part.text
      one.logprobs.push(...(part.logprobs ?? []))
      continue
    }
    if (part.type === "call") {
      exchange.noteFirstText()
      const { call } = part
      if ("logprobs" in call) one.logprobs.push(...(call.logprobs ?? []))
      if (call.type === "tool-call") one.calls.push(call)
      continue
    }
    exchange.note(totals.add(part))
    choices.push([index, format.answer(index, one, part.finishReason, wantsLogprobs(job) ? one.logprobs : undefined)])
  }
  const inOrder = choices.toSorted(([a], [b]) => a - b).map(([, choice]) => choice)
  return { ...heading, object: format.whole, choices: inOrder, usage: publicUsage(totals.usage) }
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
  /** How much text there was of each. */
  const offsets = new Map<number, number>()
  /** The calls of each, in their order. */
  const calls = new Map<number, Array<string>>()
  for (let next = first; next.done !== true; next = await rest.next()) {
    const part = next.value
    const { index } = part
    const offset = offsets.get(index) ?? 0
    if (!offsets.has(index) && format.opening !== undefined) yield chunk(format.opening(index))
    offsets.set(index, offset)
    if (part.type === "finish") {
      exchange.note(totals.add(part))
      yield chunk(format.closing(index, part.finishReason))
      continue
    }
    exchange.noteFirstText()
    if (part.type === "call") {
      const { call } = part
      const ids = calls.get(index) ?? []
      calls.set(index, ids)
      if (call.type === "tool-input-start") ids.push(call.id)
      const logprobs = "logprobs" in call && wantsLogprobs(job) ? call.logprobs : undefined
      const piece = format.call(index, ids.indexOf(call.id), call, logprobs)
      if (piece !== undefined) yield chunk(piece)
      continue
    }
    yield chunk(format.piece(index, part.text, wantsLogprobs(job) ? (part.logprobs ?? []) : undefined, offset))
    offsets.set(index, offset + part.text.length)
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
