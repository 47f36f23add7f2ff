/** Chats with tools and calls of them, in the format of the model's own template. */
import { isList, isRecord, parseJson } from "../words/Json.ts"
import { InvalidRequestError, ModelFileError } from "../words/Errors.ts"
import type { ChatMessage } from "../words/Prompt.ts"
import type { Sliced } from "../words/Sliced.ts"
import type { TemplatePart } from "../words/TemplatePart.ts"
import type { ToldTool } from "../words/Tool.ts"
import { functionTokens } from "../words/ToolFormat.ts"
import { type ChatEnd, encodeTemplate } from "./ChatTemplate.ts"
import { fillIn, placeholder } from "./fillIn.ts"
import type { TemplateMessage, TemplateTool, Tokenizer } from "./Tokenizer.ts"

/** Google's words, without which FunctionGemma calls nothing: they stand before the declarations. */
const activation = "You are a model that can do function calling with the following functions"

/** How results are given to the template: as what JSON says, or as the text that they are. */
const resultKinds = ["value", "text"] as const
type ResultKind = (typeof resultKinds)[number]

/**
 * The ids of a chat in which tools may be called, as a template with a place for them writes it.
 *
 * What the system says is one turn before all others, with the declarations. Names, descriptions, arguments and results are
 * told to the template as they are, but for control tokens that they spell: those are text.
 *
 * @param messages checked as `toolPrompt` does.
 * @throws InvalidRequestError when a call has no result before another turn begins
 * @throws ModelFileError when the folder's template is broken, or leaves something out
 */
export function* renderToolChat(
  tokenizer: Tokenizer,
  messages: ReadonlyArray<ChatMessage>,
  tools: ReadonlyArray<ToldTool>,
  end: ChatEnd,
): Sliced<Array<number>> {
  checkAnswered(messages)
  return yield* encodeTemplate(tokenizer, partsOf(tokenizer, withSystem(messages, tools.length > 0), tools, end))
}

/** The template takes a turn of another for the result. */
function checkAnswered(messages: ReadonlyArray<ChatMessage>): void {
  const open = new Set<string>()
  for (const [i, { role, toolCallId, toolCalls = [] }] of messages.entries()) {
    if (role === "tool") open.delete(toolCallId ?? "")
    else if (open.size > 0) {
      throw new InvalidRequestError({
        option: `messages[${i}].role`,
        problem: `the call ${JSON.stringify([...open][0])} before it has no result, which this model's template wants`,
        remedy: "Put a message of the role tool before it.",
      })
    }
    for (const { id } of toolCalls) open.add(id)
  }
}

function withSystem(messages: ReadonlyArray<ChatMessage>, hasTools: boolean): ReadonlyArray<ChatMessage> {
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => content.trim())
  const said = system.filter((text) => text !== "")
  if (hasTools && !said.some((text) => text.includes(activation))) said.push(activation)
  const others = messages.filter(({ role }) => role !== "system")
  return said.length === 0 ? others : [{ role: "system", content: said.join("\n\n") }, ...others]
}

function partsOf(
  tokenizer: Tokenizer,
  messages: ReadonlyArray<ChatMessage>,
  tools: ReadonlyArray<ToldTool>,
  end: ChatEnd,
): ReadonlyArray<TemplatePart> {
  const plain = new PlainNames(tokenizer, JSON.stringify([messages, tools]))
  for (const kind of resultKinds) {
    const parts = written(tokenizer, new ToolChat(messages, plain, kind), tools, end)
    if (parts !== undefined) return parts.map((part) => (typeof part === "string" ? plain.restored(part) : part))
  }
  throw tokenizer.templateError("does not write every tool, call and message once and in order")
}

/** Undefined where the template leaves something out, or takes no results as what JSON says. */
function written(
  tokenizer: Tokenizer,
  chat: ToolChat,
  tools: ReadonlyArray<ToldTool>,
  end: ChatEnd,
): ReadonlyArray<TemplatePart> | undefined {
  try {
    const rendered = tokenizer.renderTemplate(
      chat.messages,
      end === "answer",
      tools.map((tool) => chat.declared(tool)),
    )
    const parts = fillIn(tokenizer, chat.contents, rendered, end === "open")
    return parts !== undefined && chat.isIn(parts, tools.length) ? parts : undefined
  } catch (cause) {
    if (cause instanceof ModelFileError && chat.kind === "value" && chat.results > 0) return undefined
    throw cause
  }
}

/** A chat as a template is given it. */
class ToolChat {
  readonly kind: ResultKind
  readonly messages: ReadonlyArray<TemplateMessage>
  /** What stands for placeholders. */
  readonly contents: Array<string> = []
  readonly #plain: PlainNames
  readonly #names = new Map<string, string>()
  #calls = 0
  results = 0

  constructor(messages: ReadonlyArray<ChatMessage>, plain: PlainNames, kind: ResultKind) {
    this.kind = kind
    this.#plain = plain
    this.messages = messages.map((message) => this.#message(message))
  }

  declared({ description = "", name, parameters }: ToldTool): TemplateTool {
    const plain = this.#plain
    return {
      type: "function",
      function: { name, description: plain.text(description), parameters: plain.value(parameters) },
    }
  }

  /** Whether all of it was written, and as many tools. */
  isIn(parts: ReadonlyArray<TemplatePart>, tools: number): boolean {
    const count = (name: string) => parts.filter((part) => typeof part !== "string" && part.control === name).length
    const { call, declaration, response } = functionTokens
    return count(declaration[0]) === tools && count(call[0]) === this.#calls && count(response[1]) === this.results
  }

  #message({ content, role, toolCallId = "", toolCalls = [] }: ChatMessage): TemplateMessage {
    if (role === "tool") return this.#result(this.#names.get(toolCallId) ?? "", content)
    for (const { id, name } of toolCalls) this.#names.set(id, name)
    this.#calls += toolCalls.length
    const said = content.trim() === "" && toolCalls.length > 0 ? {} : { content: this.#content(content) }
    const called = toolCalls.map(({ input, name }) => ({
      type: "function" as const,
      function: { name, arguments: this.#plain.value(input) },
    }))
    return {
      role: role === "model" ? "assistant" : role,
      ...said,
      ...(called.length > 0 && { tool_calls: called }),
    }
  }

  #result(name: string, content: string): TemplateMessage {
    this.results++
    if (this.kind === "text") return { role: "tool", name, content: this.#content(content) }
    const json = parseJson(content)
    return {
      role: "tool",
      name,
      content: { name, response: this.#plain.value(json === undefined ? content : json.value) },
    }
  }

  #content(content: string): string {
    return placeholder(this.contents.push(content) - 1)
  }
}

/** Control tokens that a text spells, made such that they are none, and made good again. */
class PlainNames {
  readonly #tokenizer: Tokenizer
  readonly #mark: string

  /** @param all of what it may meet. */
  constructor(tokenizer: Tokenizer, all: string) {
    this.#tokenizer = tokenizer
    let code = 0xf_0002
    while (all.includes(String.fromCodePoint(code))) code++
    this.#mark = String.fromCodePoint(code)
  }

  /** All texts of a value of JSON, and the names of its members. */
  readonly value = (value: unknown): unknown => {
    if (typeof value === "string") return this.text(value)
    if (isList(value)) return value.map(this.value)
    if (!isRecord(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [this.text(name), this.value(item)]))
  }

  restored(text: string): string {
    return text.replaceAll(this.#mark, "")
  }

  text(text: string): string {
    const parts = this.#tokenizer.splitAtControls(text)
    if (parts.length === 1) return text
    return parts
      .map((part) =>
        typeof part === "string" ? part : `${part.control.slice(0, 1)}${this.#mark}${part.control.slice(1)}`,
      )
      .join("")
  }
}
