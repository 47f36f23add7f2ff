/**
 * What travels between an app and its engine, which runs on another thread.
 *
 * An app calls a method by its name under a number of its own. An answer is one value, or for a streaming method any
 * number of lists of parts and then an end. The engine sends the next list only when the last one was acknowledged, so a
 * slow reader slows the engine down. Values cross by structured clone; errors, whose classes would be lost, as plain data.
 */
import type { Device } from "../Device.ts"
import type { Embedding } from "../Embedding.ts"
import type { EnginePart } from "../Generation.ts"
import type { PlainError } from "../Errors.ts"
import type {
  ClassifyRequest,
  EmbedRequest,
  EngineStats,
  GenerateRequest,
  InspectRequest,
  ModelRef,
  Progress,
  ScoreRequest,
} from "../engine/Request.ts"
import type { Score } from "../Score.ts"
import type { Trace } from "../Trace.ts"
import type { Verdict } from "../Verdict.ts"

/** Methods that answer with parts. */
export interface StreamMethods {
  readonly load: { readonly payload: ModelRef; readonly part: Progress }
  readonly generate: { readonly payload: GenerateRequest; readonly part: EnginePart }
}

/** Methods that answer with one value. */
export interface ValueMethods {
  readonly classify: { readonly payload: ClassifyRequest; readonly value: Verdict }
  readonly inspect: { readonly payload: InspectRequest; readonly value: Trace }
  readonly score: { readonly payload: ScoreRequest; readonly value: Score }
  readonly embed: { readonly payload: EmbedRequest; readonly value: Embedding }
  readonly device: { readonly payload: ModelRef; readonly value: Device }
  readonly stats: { readonly payload: undefined; readonly value: EngineStats }
}

export type Method = keyof StreamMethods | keyof ValueMethods

/** To the engine. */
export type AppMessage =
  | { readonly kind: "call"; readonly call: number; readonly method: Method; readonly payload: unknown }
  /** The parts that came last were taken. */
  | { readonly kind: "taken"; readonly call: number }
  | { readonly kind: "interrupt"; readonly call: number }
  /** Ends everything, and the thread. */
  | { readonly kind: "close" }

/** From the engine. */
export type EngineMessage =
  | { readonly kind: "parts"; readonly call: number; readonly parts: ReadonlyArray<unknown> }
  /** The value, or the end of the parts. */
  | { readonly kind: "done"; readonly call: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly call: number; readonly error: PlainError }

/** What an engine is told when it starts, wherever it runs. */
export interface EngineLimits {
  readonly queue: number
  readonly active: number
  readonly cacheBytes: number
  readonly threads: number | undefined
}
