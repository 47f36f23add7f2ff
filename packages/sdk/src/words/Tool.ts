/** What a model may call, and its calls. */
import type { AnswerSchema, ValueOf } from "./AnswerSchema.ts"
import type { JsonSchema } from "./Constraint.ts"
import type { JsonRecord } from "./Json.ts"

/** A function that a model may call. `defineTool` gives the type of its input. */
export interface Tool<S extends AnswerSchema = AnswerSchema> {
  /** Letters, digits, `_` and `-`, 64 at most; no two tools of a request have the same. */
  readonly name: string
  /** What it does, in words that the model reads. */
  readonly description?: string | undefined
  /** What its arguments are: a schema of an object, as a `schema` of an answer may be. Default: there are none. */
  readonly parameters?: S | undefined
  /**
   * Does it, for `runTools`: the arguments fit `parameters`, and are what its validator makes of them, where it has one. What
   * it returns, or the promise of it, is told to the model; of what is no text, the JSON.
   */
  readonly run?: ((input: ToolInput<S>, context: ToolContext) => unknown) | undefined
}

/** A tool as a model is told of it. */
export interface ToldTool {
  readonly name: string
  readonly description: string | undefined
  readonly parameters: JsonSchema
}

/** What a tool is run with: of a JSON Schema as it is, the type is not known. */
export type ToolInput<S extends AnswerSchema> = [AnswerSchema] extends [S]
  ? JsonRecord
  : S extends JsonSchema
    ? JsonRecord
    : ValueOf<S>

/**
 * A tool whose `run` has the type of its `parameters`.
 *
 * @example
 * const dig = defineTool({
 *   name: "dig",
 *   parameters: jsonSchema<{ depth: number }>({
 *     type: "object",
 *     properties: { depth: { type: "integer", minimum: 1, maximum: 9 } },
 *     required: ["depth"],
 *   }),
 *   run: ({ depth }) => `A bone, ${depth} feet down.`,
 * })
 * const { steps } = await facet.runTools("Dig.", { tools: [dig], maxSteps: 2 })
 */
export const defineTool = <const S extends AnswerSchema = AnswerSchema>(tool: Tool<S>): Tool =>
  // It is run with what its own schema made of the arguments.
  tool as Tool

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
