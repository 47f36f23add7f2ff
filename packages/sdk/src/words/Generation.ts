/** What a model says. */
import type { PartialOf } from "./AnswerSchema.ts"
import { invalidRequest } from "./Errors.ts"
import type { GuardReport } from "./GuardReport.ts"
import type { Prompt } from "./Prompt.ts"
import { finished, nothingSaid, withPart } from "./Said.ts"
import type { SiteName } from "./Site.ts"
import type { TokenLogprob } from "./TokenLogprob.ts"
import type { ToolCall } from "./Tool.ts"
import type { Trace, TraceToken } from "./Trace.ts"
import type { Verdict } from "./Verdict.ts"

/**
 * Why a generation ended.
 * - `stop`: the model ended its turn, or wrote a stop string;
 * - `length`: `maxTokens` was reached, or the model's context is full;
 * - `blocked`: a guard held back what came in or went out;
 * - `tool-calls`: the model ended its turn with calls of tools, whose results it waits for.
 */
export type FinishReason = "stop" | "length" | "blocked" | "tool-calls"

export interface Usage {
  readonly promptTokens: number
  /** Tokens that the model chose, the one that ended its turn among them. */
  readonly completionTokens: number
  /** Tokens of the prompt that came from the prefix cache and were not run again. */
  readonly cachedTokens: number
}

export interface Timings {
  /** Milliseconds from the request's start to the first token chosen, the wait in the queue included. */
  readonly firstTokenMs: number
  /** Milliseconds from the request's start to its end. */
  readonly totalMs: number
  /** Tokens a second after the first one; 0 when there was no second. */
  readonly tokensPerSecond: number
}

/** Token ids: of the prompt as the model read it, and of what it said. */
export interface GenerationTokens {
  readonly prompt: ReadonlyArray<number>
  readonly completion: ReadonlyArray<number>
}

/** What is known before the first token: goes ahead of all parts between engine and effects. */
export interface StartPart {
  readonly type: "start"
  readonly usage: Pick<Usage, "promptTokens" | "cachedTokens">
  /** Left out by a server that does not tell them. */
  readonly promptTokens?: ReadonlyArray<number>
}

export interface TextPart<Value = unknown> {
  readonly type: "text"
  readonly text: string
  /** The tokens of the completion whose text is complete with this part. Left out by a server that does not tell them. */
  readonly tokens?: ReadonlyArray<number>
  /** One for each of `tokens`, when they were asked for. */
  readonly logprobs?: ReadonlyArray<TokenLogprob>
  /** With a `schema`: what the text so far says. Left out before it says anything. */
  readonly object?: PartialOf<Value>
}

/** What parts of text and of calls have in common: what the model chose for them. */
interface ChosenTokens extends Pick<TextPart, "tokens" | "logprobs"> {}

/** A tool is called. Its arguments follow in deltas, and then as a whole. */
export interface ToolInputStartPart {
  readonly type: "tool-input-start"
  /** Of the call. */
  readonly id: string
  readonly name: string
}

export interface ToolInputDeltaPart extends ChosenTokens {
  readonly type: "tool-input-delta"
  readonly id: string
  /** A piece of the arguments' JSON. */
  readonly delta: string
}

/** A call is complete. One that `maxTokens` cut never is. */
export interface ToolCallPart extends ToolCall, ChosenTokens {
  readonly type: "tool-call"
}

export interface TracePart {
  readonly type: "trace"
  readonly site: SiteName
  readonly layer: number
  /** The next tokens of the completion. Parts for one site follow each other without gaps. */
  readonly tokens: ReadonlyArray<TraceToken>
}

export interface VerdictPart {
  readonly type: "verdict"
  /** What was judged: what came in, or what the model said so far. */
  readonly of: "input" | "output"
  readonly verdict: Verdict
}

/** A judgement failed, and what it was about was let through since the guard's `onError` is `"allow"`. */
export interface FailurePart {
  readonly type: "failure"
  readonly of: "input" | "output"
  readonly error: unknown
}

export interface FinishPart<Value = unknown> {
  readonly type: "finish"
  readonly finishReason: FinishReason
  readonly usage: Usage
  readonly timings: Timings
  /** Left out by a server that does not tell them. */
  readonly tokens?: GenerationTokens
  /**
   * When they were asked for: those of the completion's last tokens, whose text never came out, as it belongs to a stop
   * string or because they have none.
   */
  readonly logprobs?: ReadonlyArray<TokenLogprob>
  /** What the guard did, where there was one. */
  readonly guard?: GuardReport
  /** With a `schema`: the value of the whole text. Left out where the text was cut or blocked. */
  readonly object?: Value
}

/** What probes have read so far of an answer that is being written. */
export interface ProbeReading {
  /** So many characters (UTF-16 units) of the answer it covers. */
  readonly characters: number
  /** Of the answer: one logit of P(violation) for each probe. */
  readonly logits: ReadonlyArray<number>
  /** Of the prompt. Left out where it was not read, as its keys and values were cached, and in all readings but the first. */
  readonly prompt?: ReadonlyArray<number>
}

/** A part between engine and effects, where probes read along. */
interface ProbedPart {
  readonly probed?: ProbeReading
}

/** What an engine gives out. */
export type EnginePart = StartPart | (TextPart & ProbedPart) | TracePart | (FinishPart & ProbedPart)

/** A call of a tool, piece by piece. */
export type ToolPart = ToolInputStartPart | ToolInputDeltaPart | ToolCallPart

/** A piece of a streaming generation. The last one is the finish. */
export type GenerationPart<Value = unknown> =
  | TextPart<Value>
  | ToolPart
  | TracePart
  | VerdictPart
  | FailurePart
  | FinishPart<Value>

/** A finished generation. `Value` is the type of what a schema's answer says. */
export interface Generation<Value = unknown> {
  /** What was asked. */
  readonly prompt: Prompt
  readonly text: string
  /** What the model called, in its order. Left out where it called nothing. */
  readonly toolCalls?: ReadonlyArray<ToolCall>
  readonly finishReason: FinishReason
  readonly usage: Usage
  readonly timings: Timings
  /** Left out where a server ran the model that does not tell them. */
  readonly tokens?: GenerationTokens
  /** One for each token of the completion, when they were asked for. */
  readonly logprobs?: ReadonlyArray<TokenLogprob>
  /** The guard's last verdict on what came in and on what went out, where one was asked for. */
  readonly verdicts: { readonly input?: Verdict; readonly output?: Verdict }
  /** What the guard did, where there was one. */
  readonly guard?: GuardReport
  /** Features of the completion's tokens, a trace for each site that was asked for. */
  readonly traces: ReadonlyArray<Trace>
  /** With a `schema`: what the text says. Left out where the text was cut, by `maxTokens` or a stop string, or blocked. */
  readonly object?: Value
}

/**
 * Puts the parts of a stream together.
 *
 * @throws InvalidRequestError when they have no finish.
 */
export function collect<Value = unknown>(
  prompt: Prompt,
  parts: ReadonlyArray<GenerationPart<Value>>,
): Generation<Value> {
  const finish = parts.findLast((part) => part.type === "finish")
  if (finish === undefined) {
    throw invalidRequest("parts", "they have no finish", "Pass all parts of a stream that came to its end.")
  }
  // Texts are joined at once: part by part, the list of log-probabilities would be copied thousands of times.
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("")
  const logprobs = parts.flatMap((part) => ("logprobs" in part ? (part.logprobs ?? []) : []))
  const said = parts.filter(({ type }) => type !== "text").reduce(withPart, nothingSaid)
  return finished(prompt, { ...said, text, logprobs }, finish)
}
