import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Citation,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4Source,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolCall,
} from "@ai-sdk/provider"
import type { FrameText } from "@facet/sdk"
import { isFacetPart } from "@facet/sdk/words"
import { JsonUnescaper, unescaped } from "./JsonUnescaper.ts"
import { textOfFile } from "./textOfFile.ts"
import { wordsOf } from "./wordsOf.ts"

interface ToolInput {
  /** As it came. */
  raw: string
  readonly isJson: boolean
}

/**
 * The texts that the parts of an answer carry, each on the channel of its block: `text 0`, `reasoning 1`,
 * `tool-input call_1`. JSON is read without its escapes.
 */
export class PartTexts {
  readonly #isJson: boolean
  readonly #tools: ReadonlySet<string>
  readonly #unescapers = new Map<string, JsonUnescaper>()
  readonly #inputs = new Map<string, ToolInput>()

  constructor({ responseFormat, tools = [] }: Pick<LanguageModelV4CallOptions, "responseFormat" | "tools">) {
    this.#isJson = responseFormat?.type === "json"
    this.#tools = new Set(tools.map(({ name }) => name))
  }

  /** Parts are told in their order. */
  of(part: LanguageModelV4StreamPart): ReadonlyArray<FrameText> {
    switch (part.type) {
      case "text-delta":
        return [this.#delta(`text ${part.id}`, part.delta, this.#isJson)]
      case "text-end":
        return [this.#end(`text ${part.id}`), ...whole("citation", (part.citations ?? []).map(textOfCitation))]
      case "reasoning-delta":
        return [this.#delta(`reasoning ${part.id}`, part.delta, false)]
      case "reasoning-end":
        return [this.#end(`reasoning ${part.id}`)]
      case "tool-input-start":
        this.#inputs.set(part.id, { raw: "", isJson: part.inputEncoding !== "text" })
        return this.#name(part.toolName)
      case "tool-input-delta":
        return [this.#toolInput(part.id, part.delta)]
      case "tool-input-end":
        return [this.#end(`tool-input ${part.id}`)]
      case "tool-call":
        return [...this.#name(part.toolName), ...this.#toolCall(part)]
      case "tool-result":
        return [...this.#name(part.toolName), ...whole(`tool-result ${part.toolCallId}`, wordsOf(part.result))]
      case "source":
        return whole("source", textOfSource(part))
      case "file":
      case "reasoning-file":
        return whole(part.type, textOfFile(part))
      case "custom":
        // Features come behind the text that they are about; verdicts carry no text.
        return isFacetPart(part) ? [] : whole(part.kind, wordsOf(part.providerMetadata))
      case "raw":
        return whole("raw", wordsOf(part.rawValue))
      default:
        return []
    }
  }

  /** Whether what was told so far cannot be judged yet: it ends inside an escape. */
  get isWaiting(): boolean {
    return this.#unescapers.values().some((unescaper) => unescaper.isWaiting)
  }

  /** What waits, as it is: nothing follows. */
  rest(): ReadonlyArray<FrameText> {
    return this.#unescapers
      .entries()
      .map(([channel, unescaper]) => ({ channel, text: unescaper.rest() }))
      .toArray()
  }

  /** The texts of a whole answer. */
  ofResult({ content, structuredOutputText }: LanguageModelV4GenerateResult): ReadonlyArray<FrameText> {
    const texts = content.flatMap((part, index) => partsOf(part, String(index))).flatMap((part) => this.of(part))
    const isSaid = content.some((part) => part.type === "text" && part.text === structuredOutputText)
    if (structuredOutputText === undefined || isSaid) return texts
    return [...texts, ...whole("structured-output", unescaped(structuredOutputText))]
  }

  #delta(channel: string, delta: string, isJson: boolean): FrameText {
    if (!isJson) return { channel, text: delta }
    const known = this.#unescapers.get(channel)
    const unescaper = known ?? new JsonUnescaper()
    if (known === undefined) this.#unescapers.set(channel, unescaper)
    return { channel, text: unescaper.read(delta) }
  }

  #end(channel: string): FrameText {
    return { channel, text: this.#unescapers.get(channel)?.rest() ?? "", isEnd: true }
  }

  #toolInput(id: string, delta: string): FrameText {
    const input = this.#inputs.get(id) ?? { raw: "", isJson: true }
    this.#inputs.set(id, input)
    input.raw += delta
    return this.#delta(`tool-input ${id}`, delta, input.isJson)
  }

  /** An input that only repeats its fragments needs no second judgement, but waits for theirs. */
  #toolCall({ input, toolCallId }: LanguageModelV4ToolCall): ReadonlyArray<FrameText> {
    const told = this.#inputs.get(toolCallId)
    const isTold = told !== undefined && (told.isJson ? told.raw === input : JSON.stringify(told.raw) === input)
    return [
      ...(told === undefined ? [] : [this.#end(`tool-input ${toolCallId}`)]),
      ...(isTold ? [] : whole(`tool-call ${toolCallId}`, unescaped(input))),
    ]
  }

  /** A tool that the model was not told of has a name that the model made up. */
  #name(toolName: string): ReadonlyArray<FrameText> {
    return this.#tools.has(toolName) ? [] : whole("tool-name", toolName)
  }
}

/** Texts that are complete as they are. */
function whole(channel: string, texts: string | ReadonlyArray<string>): ReadonlyArray<FrameText> {
  const text = typeof texts === "string" ? texts : texts.join("\n")
  return text.trim() === "" ? [] : [{ channel, text: `${text}\n`, isEnd: true }]
}

const textOfSource = (source: LanguageModelV4Source): string =>
  wordsOf(source.sourceType === "document" ? [source.title, source.filename] : [source.title])

const textOfCitation = ({ citedText, source }: LanguageModelV4Citation): string =>
  wordsOf([citedText, textOfSource(source)])

/** A part of a whole answer as it would come in a stream. */
function partsOf(part: LanguageModelV4Content, id: string): ReadonlyArray<LanguageModelV4StreamPart> {
  switch (part.type) {
    case "text":
      return [
        { type: "text-delta", id, delta: part.text },
        { type: "text-end", id, ...(part.citations === undefined ? {} : { citations: part.citations }) },
      ]
    case "reasoning":
      return [
        { type: "reasoning-delta", id, delta: part.text },
        { type: "reasoning-end", id },
      ]
    default:
      return [part]
  }
}
