/** What a model says. */
import * as Schema from "effect/Schema"
import { siteNames } from "./graph/Sites.ts"
import type { GuardReport } from "./guard/Report.ts"
import type { Prompt } from "./Prompt.ts"
import { TokenLogprob } from "./TokenLogprob.ts"
import { type Trace, TraceToken } from "./Trace.ts"
import { Verdict } from "./Verdict.ts"

/**
 * Why a generation ended.
 * - `stop`: the model ended its turn, or wrote a stop string;
 * - `length`: `maxTokens` was reached, or the model's context is full;
 * - `blocked`: a guard held back what came in or went out.
 */
export const FinishReason = Schema.Literals(["stop", "length", "blocked"])
export type FinishReason = typeof FinishReason.Type

export const Usage = Schema.Struct({
  promptTokens: Schema.Int,
  /** Tokens that the model chose, the one that ended its turn among them. */
  completionTokens: Schema.Int,
  /** Tokens of the prompt that came from the prefix cache and were not run again. */
  cachedTokens: Schema.Int,
})
export type Usage = typeof Usage.Type

export const Timings = Schema.Struct({
  /** Milliseconds from the request's start to the first token chosen, the wait in the queue included. */
  firstTokenMs: Schema.Finite,
  /** Milliseconds from the request's start to its end. */
  totalMs: Schema.Finite,
  /** Tokens a second after the first one; 0 when there was no second. */
  tokensPerSecond: Schema.Finite,
})
export type Timings = typeof Timings.Type

/** Token ids: of the prompt as the model read it, and of what it said. */
export const GenerationTokens = Schema.Struct({
  prompt: Schema.Array(Schema.Int),
  completion: Schema.Array(Schema.Int),
})
export type GenerationTokens = typeof GenerationTokens.Type

/** What is known before the first token: goes ahead of all parts between engine and effects. */
export const StartPart = Schema.Struct({
  type: Schema.Literal("start"),
  promptTokens: Schema.Array(Schema.Int),
  cachedTokens: Schema.Int,
})
export type StartPart = typeof StartPart.Type

export const TextPart = Schema.Struct({
  type: Schema.Literal("text"),
  text: Schema.String,
  /** The tokens of the completion whose text is complete with this part. */
  tokens: Schema.Array(Schema.Int),
  /** One for each of `tokens`, when they were asked for. */
  logprobs: Schema.optionalKey(Schema.Array(TokenLogprob)),
})
export type TextPart = typeof TextPart.Type

export const TracePart = Schema.Struct({
  type: Schema.Literal("trace"),
  site: Schema.Literals(siteNames),
  layer: Schema.Int,
  /** The next tokens of the completion. Parts for one site follow each other without gaps. */
  tokens: Schema.Array(TraceToken),
})
export type TracePart = typeof TracePart.Type

export const VerdictPart = Schema.Struct({
  type: Schema.Literal("verdict"),
  /** What was judged: what came in, or what the model said so far. */
  of: Schema.Literals(["input", "output"]),
  verdict: Verdict,
})
export type VerdictPart = typeof VerdictPart.Type

export const FinishPart = Schema.Struct({
  type: Schema.Literal("finish"),
  finishReason: FinishReason,
  usage: Usage,
  timings: Timings,
  tokens: GenerationTokens,
  /**
   * When they were asked for: those of the completion's last tokens, whose text never came out, as it belongs to a stop
   * string or because they have none.
   */
  logprobs: Schema.optionalKey(Schema.Array(TokenLogprob)),
})
export type FinishPart = typeof FinishPart.Type & {
  /** What the guard did, where there was one. */
  readonly guard?: GuardReport
}

/** A judgement failed, and what it was about was let through since the guard's `onError` is `"allow"`. */
export interface FailurePart {
  readonly type: "failure"
  readonly of: "input" | "output"
  readonly error: unknown
}

/** What an engine gives out. */
export type EnginePart = StartPart | TextPart | TracePart | FinishPart

/** A piece of a streaming generation. The last one is the finish. */
export type GenerationPart = TextPart | TracePart | VerdictPart | FailurePart | FinishPart

/** A finished generation. */
export interface Generation {
  /** What was asked. */
  readonly prompt: Prompt
  readonly text: string
  readonly finishReason: FinishReason
  readonly usage: Usage
  readonly timings: Timings
  readonly tokens: GenerationTokens
  /** One for each token of the completion, when they were asked for. */
  readonly logprobs?: ReadonlyArray<TokenLogprob>
  /** The guard's last verdict on what came in and on what went out, where one was asked for. */
  readonly verdicts: { readonly input?: Verdict; readonly output?: Verdict }
  /** What the guard did, where there was one. */
  readonly guard?: GuardReport
  /** Features of the completion's tokens, a trace for each site that was asked for. */
  readonly traces: ReadonlyArray<Trace>
}
