/** Answers a request for a completion, all at once or as a stream of server-sent events. */
import type { Facet } from "@facet/sdk"
import type { FinishPart, GenerateOptions, GenerationPart, TextPart, TokenLogprob } from "@facet/sdk/words"
import type { CompletionJob } from "./CompletionJob.ts"
import { type Choice, type CompletionFormat, publicUsage } from "./CompletionFormat.ts"
import type { Exchange } from "../Exchange.ts"

export interface CompletionServer {
  readonly facet: Facet
  readonly format: CompletionFormat
  /** The name that the model answers under. */
  readonly model: string
  readonly guard: GenerateOptions["guard"]
}

type Parts = AsyncGenerator<GenerationPart, void, void>

export async function complete(job: CompletionJob, server: CompletionServer, exchange: Exchange): Promise<Response> {
  const { format, facet, guard, model } = server
  const call = exchange.call(job.cacheSalt)
  const parts = facet.stream(job.prompt, { ...job.options, ...(guard !== undefined && { guard }), ...call })
  const heading = {
    id: `${format.idPrefix}${globalThis.crypto.randomUUID().replaceAll("-", "")}`,
    created: Math.floor(Date.now() / 1000),
    model,
  }
  const answer = { heading, job, format, exchange }
  if (!job.stream) return exchange.json(await whole(parts, answer))
  // An answer that cannot begin is told with its own status: after the first byte it is too late for that.
  const first = await nextAnswer(parts, exchange)
  return exchange.stream(events(first, parts, answer), "text/event-stream; charset=utf-8")
}

interface Answer {
  readonly heading: { readonly id: string; readonly created: number; readonly model: string }
  readonly job: CompletionJob
  readonly format: CompletionFormat
  readonly exchange: Exchange
}

async function whole(parts: Parts, { format, exchange, heading, job }: Answer): Promise<object> {
  const logprobs: Array<TokenLogprob> = []
  let text = ""
  for (;;) {
    const part = await nextAnswer(parts, exchange)
    if (part.type === "text") {
      exchange.noteFirstText()
      text += part.text
      logprobs.push(...(part.logprobs ?? []))
      continue
    }
    noteFinish(part, exchange)
    const choice = format.answer(text, part.finishReason, wantsLogprobs(job) ? logprobs : undefined)
    return { ...heading, object: format.whole, choices: [choice], usage: publicUsage(part.usage) }
  }
}

/** The next part that a client sees. What a guard finds on the way is not among them, and told elsewhere. */
async function nextAnswer(parts: Parts, exchange: Exchange): Promise<TextPart | FinishPart> {
  for (;;) {
    const next = await parts.next()
    if (next.done === true) throw new Error("a generation ended without a finish")
    if (next.value.type === "text" || next.value.type === "finish") return next.value
    if (next.value.type === "failure") exchange.tell(next.value.error)
  }
}

function noteFinish({ finishReason, guard, usage }: FinishPart, exchange: Exchange): void {
  const verdicts = guard === undefined ? undefined : Object.values(guard.verdicts)
  exchange.note({ finishReason, usage, flagged: verdicts?.filter(({ flagged }) => flagged).length })
}

async function* events(first: TextPart | FinishPart, rest: Parts, answer: Answer): AsyncGenerator<string, void, void> {
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

async function* chunks(first: TextPart | FinishPart, rest: Parts, answer: Answer): AsyncGenerator<string, void, void> {
  const { format, exchange, heading, job } = answer
  const { includeUsage } = job
  // As in OpenAI's API: whoever asks for figures finds the field in every chunk, and the figures in the last.
  const chunk = (choice: Choice): string =>
    event({ ...heading, object: format.chunk, choices: [choice], ...(includeUsage && { usage: null }) })
  if (format.opening !== undefined) yield chunk(format.opening)
  let part = first
  let offset = 0
  while (part.type === "text") {
    exchange.noteFirstText()
    yield chunk(format.piece(part.text, wantsLogprobs(job) ? (part.logprobs ?? []) : undefined, offset))
    offset += part.text.length
    part = await nextAnswer(rest, exchange)
  }
  noteFinish(part, exchange)
  yield chunk(format.closing(part.finishReason))
  if (includeUsage) yield event({ ...heading, object: format.chunk, choices: [], usage: publicUsage(part.usage) })
}

/** 0 asks for those of the chosen tokens alone. */
const wantsLogprobs = ({ options: { logprobs } }: CompletionJob): boolean =>
  logprobs !== undefined && logprobs !== false

const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`
