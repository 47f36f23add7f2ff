/** The effect `runTools`: a model that calls tools, and is told what they found, until it answers. */
import * as Effect from "effect/Effect"
import { checkCount, checkFunction } from "../words/Checks.ts"
import { checked } from "../words/checked.ts"
import { callHook } from "../words/callHook.ts"
import { type FacetError, invalidRequest } from "../words/Errors.ts"
import type { GenerateOptions } from "../words/GenerateOptions.ts"
import type { Generation } from "../words/Generation.ts"
import { loadToolInput } from "../words/loadAnswerSchema.ts"
import type { Opened } from "../words/Opened.ts"
import { type ChatMessage, isTokenPrompt, type Prompt, toMessages } from "../words/Prompt.ts"
import type { Tool, ToolCall } from "../words/Tool.ts"
import { generate } from "./generate.ts"

export interface RunToolsOptions extends GenerateOptions {
  readonly tools: ReadonlyArray<Tool>
  /** So many generations at most; at least 1. Default 8. */
  readonly maxSteps?: number | undefined
  /** Told of each step when its tools have run. */
  readonly onStep?: ((step: ToolStep) => void) | undefined
}

/** What a tool found. */
export interface ToolResult {
  /** The call's. */
  readonly id: string
  readonly name: string
  /** As the model is told it. */
  readonly content: string
  /** Why there is none, where the tool threw: the model is told its message. */
  readonly error?: unknown
}

export interface ToolStep {
  readonly generation: Generation
  /** One for each call, in their order; none for those that nobody can run. */
  readonly results: ReadonlyArray<ToolResult>
}

export interface ToolRun {
  /** The last generation's. */
  readonly text: string
  /** The last generation's: `tool-calls` where the steps were used up, or a tool has no `run`. */
  readonly finishReason: Generation["finishReason"]
  readonly steps: ReadonlyArray<ToolStep>
  /** The chat with all that was said, to go on with. */
  readonly messages: ReadonlyArray<ChatMessage>
}

const mostStepsByDefault = 8

/**
 * Generates, runs what was called, tells the model what the tools found, and generates again, until it answers without a
 * call, a tool has no `run`, or `maxSteps` is reached. A `toolChoice` that asks for a call is that of the first step.
 *
 * @example
 * const dig = { name: "dig", description: "Digs a hole.", run: () => "A bone!" }
 * const { text } = yield* runTools("What is in the garden?", { tools: [dig], maxSteps: 3 })
 */
export const runTools = (prompt: Prompt, options: RunToolsOptions): Effect.Effect<ToolRun, FacetError, Opened> =>
  Effect.gen(function* () {
    const { maxSteps = mostStepsByDefault, onStep, ...asked } = options
    let messages = yield* checked(() => {
      checkCount("maxSteps", maxSteps)
      if (onStep !== undefined) checkFunction("onStep", onStep)
      if (!isTokenPrompt(prompt)) return toMessages(prompt)
      throw invalidRequest("prompt", "it is token ids, which no call can follow", "Pass a chat.")
    })
    const steps: Array<ToolStep> = []
    let step: ToolStep
    do {
      const toolChoice = steps.length === 0 || asked.toolChoice === "none" ? asked.toolChoice : "auto"
      const generation = yield* generate(messages, { ...asked, toolChoice })
      const { finishReason, text, toolCalls = [] } = generation
      const ran = finishReason === "tool-calls" ? toolCalls : []
      const results = yield* Effect.forEach(ran, (call) => runCall(call, asked.tools), { concurrency: "unbounded" })
      step = { generation, results: results.filter((result) => result !== undefined) }
      steps.push(step)
      messages = [...messages, answerOf(text, toolCalls), ...step.results.map(messageOf)]
      const told = step
      if (onStep !== undefined) callHook("onStep", () => onStep(told))
    } while (step.results.length > 0 && isComplete(step) && steps.length < maxSteps)
    const { finishReason, text } = step.generation
    return { text, finishReason, steps, messages }
  }).pipe(Effect.withSpan("facet.runTools"))

/** Undefined where nobody can run it. Of arguments that a tool's own validator refuses, the model is told why. */
function runCall({ id, input, name }: ToolCall, tools: ReadonlyArray<Tool>): Effect.Effect<ToolResult | undefined> {
  const tool = tools.find((tool) => tool.name === name)
  if (tool?.run === undefined) return Effect.succeed(undefined)
  const { run } = tool
  return Effect.tryPromise({
    try: async (signal): Promise<ToolResult> => {
      const read = await loadToolInput(tool, input)
      return { id, name, content: contentOf(await run(read, { id, signal })) }
    },
    catch: (error): ToolResult => ({ id, name, content: contentOf({ error: messageOfError(error) }), error }),
  }).pipe(Effect.catch((failed) => Effect.succeed(failed)))
}

/** Half a surrogate pair, which no model could read, is told as what cannot be read. */
const contentOf = (found: unknown): string =>
  typeof found === "string" ? found.toWellFormed() : (JSON.stringify(found) ?? "null")

const messageOfError = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const answerOf = (content: string, toolCalls: ReadonlyArray<ToolCall>): ChatMessage => ({
  role: "assistant",
  content,
  ...(toolCalls.length > 0 && { toolCalls }),
})

const messageOf = ({ content, id }: ToolResult): ChatMessage => ({ role: "tool", content, toolCallId: id })

/** Whether every call has its result: without one the model cannot go on. */
const isComplete = ({ generation, results }: ToolStep): boolean => results.length === generation.toolCalls?.length
