/** What a model may call, and its calls. */
import type { JsonSchema } from "./Constraint.ts"
import type { JsonRecord } from "./Json.ts"

/** A function that a model may call. */
export interface Tool {
  /** Letters, digits, `_` and `-`, 64 at most; no two tools of a request have the same. */
  readonly name: string
  /** What it does, in words that the model reads. */
  readonly description?: string | undefined
  /** What its arguments are: a schema of an object. Default: there are none. */
  readonly parameters?: JsonSchema | undefined
  /**
   * Does it, for `runTools`: the arguments fit `parameters`. What it returns, or the promise of it, is told to the model; of
   * what is no text, the JSON.
   */
  readonly run?: ((input: JsonRecord, context: ToolContext) => unknown) | undefined
}

/** What a tool is told beside its arguments. */
export interface ToolContext {
  /** Of the call. */
  readonly id: string
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal
}

/** Whether tools are called: as the model likes, at least one of them, none, or the one of a name. */
export type ToolChoice = "auto" | "required" | "none" | { readonly name: string }

/** A call that the model made. */
export interface ToolCall {
  /** Which no other call of the chat has; the result names it. */
  readonly id: string
  readonly name: string
  /** The arguments. */
  readonly input: JsonRecord
}
