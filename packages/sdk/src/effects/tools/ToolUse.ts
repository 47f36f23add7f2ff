/** A request with tools: as the engine is asked, and what it says as text and calls. */
import type { FrameText } from "../../guard/Frame.ts"
import { StreamWords } from "../../guard/reading/StreamWords.ts"
import { wordsOfJson } from "../../guard/reading/wordsOfJson.ts"
import { type InvalidRequestError, invalidRequest } from "../../words/Errors.ts"
import type { Constraint, JsonSchema } from "../../words/Constraint.ts"
import type { GenerateOptions } from "../../words/GenerateOptions.ts"
import type { EnginePart, FinishPart, TextPart, ToolPart } from "../../words/Generation.ts"
import { isTokenPrompt, type ChatMessage, type Prompt, toMessages } from "../../words/Prompt.ts"
import type { PromptMessage } from "../../words/promptReadings.ts"
import { answerForm } from "./answerForm.ts"
import { callHeadings } from "./callHeadings.ts"
import type { ToolFormat } from "../../words/ToolFormat.ts"
import type { ToldTool } from "../../words/Tool.ts"
import { checkToolMessages } from "./checkToolMessages.ts"
import { FunctionCallReader } from "./FunctionCallReader.ts"
import { functionConstraint } from "./functionConstraint.ts"
import type { ReadPart } from "./CallReader.ts"
import { ToolCallReader } from "./ToolCallReader.ts"
import { type ReadTools, readTools } from "./readTools.ts"
import { toolConstraint } from "./toolConstraint.ts"
import { toolPrompt } from "./toolPrompt.ts"

/** What comes out of an engine, and of the reader of its calls. */
export type CallingPart = EnginePart | ToolPart

export class ToolUse {
  /** The chat: in turns of text, or as it is where the model's template has a format of tools. */
  readonly prompt: Prompt
  /** What the template is told of; undefined where it has no format of tools. */
  readonly told: ReadonlyArray<ToldTool> | undefined
  /** Without tools, and held to calls of them. */
  readonly options: GenerateOptions<JsonSchema>
  readonly #messages: ReadonlyArray<ChatMessage>
  readonly #tools: ReadTools
  readonly #format: ToolFormat | undefined
  /** What an answer has to be that is no call. */
  readonly #form: Constraint | undefined

  /**
   * @param format of the model's template; where it has none, the model is told of tools in words.
   * @throws InvalidRequestError that names the path of what is wrong.
   */
  constructor(prompt: Prompt, options: GenerateOptions<JsonSchema>, format: ToolFormat | undefined) {
    const { parallelToolCalls, toolChoice, tools, ...rest } = options
    this.#tools = readTools({ parallelToolCalls, toolChoice, tools })
    this.#messages = chatOf(prompt, rest)
    this.#format = format
    checkToolMessages(this.#messages)
    this.prompt = format === undefined ? toolPrompt(this.#messages, this.#tools) : this.#messages.map(readMessage)
    this.told = format === undefined ? undefined : this.#tools.tools.map(toldOf)
    const isHeld = this.#tools.callable.length > 0
    const { choices: _c, constraint: _f, grammar: _g, regex: _r, schema: _s, ...free } = rest
    this.#form = isHeld ? answerForm(rest, this.#tools, format) : undefined
    const constraintOf = format === undefined ? toolConstraint : functionConstraint
    this.options = isHeld ? { ...free, constraint: constraintOf(this.#tools, this.#form) } : rest
  }

  /** Whether the model is held to the form of a call, and an answer that is none is free. */
  get isFreeBesideCalls(): boolean {
    return this.#tools.callable.length > 0 && this.#form === undefined
  }

  /** The chat as guards know it: calls and results are words of those who said them. */
  get judged(): ReadonlyArray<PromptMessage> {
    return this.#messages.map((message) => ({
      role: message.role === "model" ? "assistant" : message.role,
      text: wordsOf(message),
    }))
  }

  /** What the model reads beside the chat. */
  get beside(): string {
    return wordsOfJson(this.#tools.tools.map(({ description, parameters }) => ({ description, parameters })))
  }

  /** Reads the parts of one generation, in their order. */
  reading(): (part: EnginePart) => ReadonlyArray<CallingPart> {
    if (this.#tools.callable.length === 0) return (part) => [part]
    const reading = new Reading(this.#callReader())
    return (part) => reading.read(part)
  }

  #callReader(): CallReader {
    const hasForm = this.#form !== undefined
    if (this.#format !== undefined) return new FunctionCallReader(newCallId, hasForm)
    return new ToolCallReader(newCallId, hasForm ? callHeadings(this.#tools) : undefined)
  }

  /** What a guard reads of parts, in their order. */
  reader(): (part: CallingPart) => ReadonlyArray<FrameText> {
    const words = new StreamWords()
    return (part) => textsOf(part, words)
  }
}

function chatOf(prompt: Prompt, { template }: GenerateOptions): ReadonlyArray<ChatMessage> {
  if (isTokenPrompt(prompt)) throw invalidRequest("tools", "the prompt is token ids, which say no turn", "Pass a chat.")
  if (template === "none") throw noChat()
  if (typeof prompt !== "string" && !Array.isArray(prompt)) {
    throw invalidRequest("prompt", `${typeof prompt} where a prompt is expected`, "Pass a text, or a list of messages.")
  }
  return toMessages(prompt)
}

const noChat = (): InvalidRequestError =>
  invalidRequest("template", '"none" where tools are told in the turns of a chat', "Leave out one of them.")

function wordsOf({ content, role, toolCalls = [] }: ChatMessage): string {
  if (role === "tool") return wordsOfJson([content])
  if (toolCalls.length === 0) return content
  return [content, wordsOfJson(toolCalls.map(({ input }) => input))].filter((text) => text !== "").join("\n")
}

/** A call's arguments are read as JSON, wherever they were cut; its tool's name is one that the model was told. */
function textsOf(part: CallingPart, words: StreamWords): ReadonlyArray<FrameText> {
  switch (part.type) {
    case "text":
      return [{ text: part.text }]
    case "tool-input-start":
      return [{ text: "", isEnd: true }]
    case "tool-input-delta":
      return words.text(`tool-input ${part.id}`, part.delta, true)
    case "tool-call":
      return words.wholeJson(`tool-input ${part.id}`, part.input, `tool-call ${part.id}`)
    case "start":
    case "trace":
    case "finish":
      return []
  }
}

/** Of other people's messages only what is read. */
const readMessage = ({ content, role, toolCallId, toolCalls }: ChatMessage): ChatMessage => ({
  role,
  content,
  ...(toolCallId !== undefined && { toolCallId }),
  ...(toolCalls !== undefined && { toolCalls: toolCalls.map(({ id, input, name }) => ({ id, name, input })) }),
})

const toldOf = ({ description, name, parameters }: ToldTool): ToldTool => ({ name, description, parameters })

/** Reads calls out of a text as it comes. */
interface CallReader {
  push(text: string): ReadonlyArray<ReadPart>
  end(): ReadonlyArray<ReadPart>
}

/** Tokens go with the first part that they bring something to; those of which nothing is told, with the next. */
class Reading {
  readonly #calls: CallReader
  #waiting: Pick<TextPart, "tokens" | "logprobs"> = {}
  #isCalled = false

  constructor(calls: CallReader) {
    this.#calls = calls
  }

  read(part: EnginePart): ReadonlyArray<CallingPart> {
    switch (part.type) {
      case "text":
        this.#wait(part)
        return this.#calls.push(part.text).map((read) => this.#told(read))
      case "finish":
        return [...this.#calls.end().map((read) => this.#told(read)), this.#finished(part)]
      case "start":
      case "trace":
        return [part]
    }
  }

  #wait({ logprobs, tokens }: TextPart): void {
    const before = this.#waiting
    this.#waiting = {
      ...(tokens !== undefined && { tokens: [...(before.tokens ?? []), ...tokens] }),
      ...(logprobs !== undefined && { logprobs: [...(before.logprobs ?? []), ...logprobs] }),
    }
  }

  #told(part: ReadPart): CallingPart {
    if (part.type === "tool-input-start") return part
    if (part.type === "tool-call") this.#isCalled = true
    const told = { ...part, ...this.#waiting }
    this.#waiting = {}
    return told
  }

  #finished(part: FinishPart): FinishPart {
    const { finishReason, logprobs } = part
    const untold = this.#waiting.logprobs ?? []
    return {
      ...part,
      finishReason: finishReason === "stop" && this.#isCalled ? "tool-calls" : finishReason,
      ...(logprobs !== undefined && { logprobs: [...untold, ...logprobs] }),
    }
  }
}

/** As long as OpenAI's: no two calls of a chat have the same. */
function newCallId(): string {
  // `crypto.randomUUID` is missing on pages without https.
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return `call_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`
}
