/** The answers to a job, one after the other: they share their prompt's prefix, and a client takes one place at a time. */
import type { Facet } from "@facet/sdk"
import type {
  FinishPart,
  FinishReason,
  GenerateOptions,
  GenerationPart,
  Prompt,
  Timings,
  Usage,
} from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import type { ToldLogprob } from "./CompletionFormat.ts"
import type { CompletionJob } from "./CompletionJob.ts"
import { type Echo, echoOf } from "./echoOf.ts"

export interface CompletionModel {
  readonly facet: Facet
  /** The name that the model answers under. */
  readonly model: string
  readonly guard: GenerateOptions["guard"]
}

/** A piece of the answer of an index, and then its end. */
export type AnswerPart = AnswerText | AnswerFinish

export interface AnswerText {
  readonly type: "text"
  readonly index: number
  readonly text: string
  readonly logprobs?: ReadonlyArray<ToldLogprob>
}

export interface AnswerFinish {
  readonly type: "finish"
  readonly index: number
  readonly finishReason: FinishReason
  readonly usage: Usage
  /** Left out where nothing was generated. */
  readonly timings?: Timings
}

type AnswersJob = Pick<CompletionJob, "prompts" | "n" | "echo" | "options" | "cacheSalt">

export async function* answersTo(
  job: AnswersJob,
  server: CompletionModel,
  exchange: Exchange,
): AsyncGenerator<AnswerPart, void, void> {
  let index = 0
  for (const prompt of job.prompts) {
    const echo = job.echo === "none" ? undefined : await echoOf(prompt, job, server, exchange)
    if (job.echo === "alone") {
      for (let i = 0; i < job.n; i++) yield* alone(index++, echo)
      continue
    }
    for (let i = 0; i < job.n; i++) {
      yield* generated({ index: index++, prompt, echo, options: seeded(job.options, i) }, job, server, exchange)
    }
  }
}

/** The first answer is the one that a request for one would get. */
const seeded = (options: GenerateOptions, i: number): GenerateOptions =>
  options.seed === undefined || i === 0 ? options : { ...options, seed: (options.seed + i) % Number.MAX_SAFE_INTEGER }

function* alone(index: number, echo: Echo | undefined): Generator<AnswerPart, void, void> {
  const { isBlocked = true, logprobs, text = "", tokens = 0 } = echo ?? {}
  if (!isBlocked) yield { type: "text", index, text, ...(logprobs !== undefined && { logprobs }) }
  const usage = { promptTokens: tokens, completionTokens: 0, cachedTokens: 0 }
  yield { type: "finish", index, finishReason: isBlocked ? "blocked" : "length", usage }
}

interface Run {
  readonly index: number
  readonly prompt: Prompt
  readonly echo: Echo | undefined
  readonly options: GenerateOptions
}

async function* generated(
  { echo, index, options, prompt }: Run,
  { cacheSalt }: AnswersJob,
  { facet, guard }: CompletionModel,
  exchange: Exchange,
): AsyncGenerator<AnswerPart, void, void> {
  const call = exchange.call(cacheSalt)
  const parts = facet.stream(prompt, { ...options, ...(guard !== undefined && { guard }), ...call })
  let isEchoed = echo === undefined || echo.isBlocked
  try {
    for await (const part of parts) {
      // A prompt that the guard holds back is not told back.
      const isLetIn = part.type === "text" || (part.type === "finish" && part.finishReason !== "blocked")
      if (!isEchoed && isLetIn && echo !== undefined) {
        isEchoed = true
        yield { type: "text", index, text: echo.text, ...(echo.logprobs !== undefined && { logprobs: echo.logprobs }) }
      }
      const told = toldOf(part, index, exchange)
      if (told !== undefined) yield told
    }
  } finally {
    await parts.return()
  }
}

/** What a client sees of a part. What a guard finds on the way is not among it, and told elsewhere. */
function toldOf(part: GenerationPart, index: number, exchange: Exchange): AnswerPart | undefined {
  switch (part.type) {
    case "text": {
      const { logprobs, text } = part
      return { type: "text", index, text, ...(logprobs !== undefined && { logprobs }) }
    }
    case "finish":
      noteVerdicts(part, exchange)
      return { type: "finish", index, finishReason: part.finishReason, usage: part.usage, timings: part.timings }
    case "failure":
      exchange.tell(part.error)
      return undefined
    case "trace":
    case "verdict":
      return undefined
  }
}

function noteVerdicts({ guard }: FinishPart, exchange: Exchange): void {
  if (guard === undefined) return
  exchange.addFlagged(Object.values(guard.verdicts).filter(({ flagged }) => flagged).length)
}
