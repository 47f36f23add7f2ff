/** The answers to a job, a few at once: they share their prompt's prefix, and an engine with lanes writes them in one run. */
import type { FinishReason, GenerateOptions, GenerationPart, Prompt, Timings, ToolPart, Usage } from "@facet/sdk/words"
import { atOnce } from "../atOnce.ts"
import type { Exchange } from "../Exchange.ts"
import type { ToldLogprob } from "./CompletionFormat.ts"
import type { CompletionJob } from "./CompletionJob.ts"
import type { CompletionModel } from "./CompletionModel.ts"
import { noteGuard } from "../noteGuard.ts"
import { type Echo, echoOf } from "./echoOf.ts"

/** A piece of the answer of an index, and then its end. */
export type AnswerPart = AnswerText | AnswerCall | AnswerFinish

export interface AnswerText {
  readonly type: "text"
  readonly index: number
  readonly text: string
  readonly logprobs?: ReadonlyArray<ToldLogprob>
}

/** A piece of a call: its name comes first, and what it was called with last. */
export interface AnswerCall {
  readonly type: "call"
  readonly index: number
  readonly call: ToolPart
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

export function answersTo(
  job: AnswersJob,
  server: CompletionModel,
  exchange: Exchange,
): AsyncGenerator<AnswerPart, void, void> {
  const answers = job.prompts.flatMap((prompt, p) => {
    // Asked once, however many answers begin with it, and not before the first does.
    let echo: Promise<Echo> | undefined
    const echoed = () => (echo ??= echoOf(prompt, job, server, exchange))
    return Array.from({ length: job.n }, (_, i) => {
      const index = p * job.n + i
      if (job.echo === "alone") return () => alone(index, echoed)
      const run = { index, prompt, echo: job.echo === "before" ? echoed : undefined, options: seeded(job.options, i) }
      return () => generated(run, job, server, exchange)
    })
  })
  return atOnce(answers, mostAtOnce, () => exchange.takeAnother())
}

/** As many lanes as `facet serve` has. */
const mostAtOnce = 4

/** The first answer is the one that a request for one would get. */
const seeded = (options: GenerateOptions, i: number): GenerateOptions =>
  options.seed === undefined || i === 0 ? options : { ...options, seed: (options.seed + i) % Number.MAX_SAFE_INTEGER }

async function* alone(index: number, echoed: () => Promise<Echo>): AsyncGenerator<AnswerPart, void, void> {
  const echo = await echoed()
  if (!echo.isBlocked) yield echoPart(index, echo)
  const usage = { promptTokens: echo.tokens, completionTokens: 0, cachedTokens: 0 }
  yield { type: "finish", index, finishReason: echo.isBlocked ? "blocked" : "length", usage }
}

const echoPart = (index: number, { logprobs, text }: Echo): AnswerText => ({
  type: "text",
  index,
  text,
  ...(logprobs !== undefined && { logprobs }),
})

interface Run {
  readonly index: number
  readonly prompt: Prompt
  /** What the answer begins with. */
  readonly echo: (() => Promise<Echo>) | undefined
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
  let isEchoed = echo === undefined
  try {
    for await (const part of parts) {
      // A prompt that the guard holds back is not told back.
      const isLetIn = isSaid(part) || (part.type === "finish" && part.finishReason !== "blocked")
      if (!isEchoed && isLetIn && echo !== undefined) {
        isEchoed = true
        yield echoPart(index, await echo())
      }
      const told = toldOf(part, index, exchange)
      if (told !== undefined) yield told
    }
  } finally {
    await parts.return()
  }
}

const isSaid = ({ type }: GenerationPart): boolean => type === "text" || type === "tool-input-start"

/** What a client sees of a part. What a guard finds on the way is not among it, and told elsewhere. */
function toldOf(part: GenerationPart, index: number, exchange: Exchange): AnswerPart | undefined {
  switch (part.type) {
    case "text": {
      const { logprobs, text } = part
      return { type: "text", index, text, ...(logprobs !== undefined && { logprobs }) }
    }
    case "tool-input-start":
    case "tool-input-delta":
    case "tool-call":
      return { type: "call", index, call: part }
    case "finish":
      noteGuard(part, exchange)
      exchange.noteTimings(part.timings)
      return { type: "finish", index, finishReason: part.finishReason, usage: part.usage, timings: part.timings }
    case "failure":
      exchange.tell(part.error)
      return undefined
    case "trace":
    case "verdict":
      return undefined
  }
}
