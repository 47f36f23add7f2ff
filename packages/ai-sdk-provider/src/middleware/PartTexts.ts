import type {
  JSONObject,
  LanguageModelV4CallOptions,
  LanguageModelV4Citation,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4Source,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolCall,
} from "@ai-sdk/provider"
import type { FrameText, StreamWords } from "@facet/sdk"
import { isFacetPart, whole } from "@facet/sdk/words"
import type { Reader } from "./Reader.ts"
import { wordsOfFilePart } from "./wordsOfFilePart.ts"

type Asked = Pick<LanguageModelV4CallOptions, "responseFormat" | "tools">
type Texts = ReadonlyArray<FrameText>
type BlockPart = Extract<
  LanguageModelV4StreamPart,
  { readonly type: `${"text" | "reasoning"}-${"start" | "delta" | "end"}` }
>

/**
 * The texts that the parts of an answer carry: `text 0`, `reasoning 1`, `tool-input call_1`. The blocks of a text are
 * joined, as `result.text` joins them, and JSON is read as JSON.
 */
export class PartTexts {
  readonly #isJson: boolean
  readonly #tools: ReadonlySet<string>
  readonly #reader: Reader
  readonly #words: StreamWords
  /** Tools whose input is no JSON. */
  readonly #plainInputs = new Set<string>()

  constructor({ responseFormat, tools = [] }: Asked, reader: Reader) {
    this.#reader = reader
    this.#words = new reader.StreamWords()
    this.#isJson = responseFormat?.type === "json"
    this.#tools = new Set(tools.map(({ name }) => name))
  }

  /** Parts are told in their order. */
  of(part: LanguageModelV4StreamPart): Texts {
    switch (part.type) {
      case "ping":
      case "stream-start":
      case "response-metadata":
        return []
      case "text-start":
      case "text-delta":
      case "text-end":
        return [...this.#words.pauseBlocks("text"), ...this.#block(part), ...this.#words.nextEvent()]
      case "reasoning-start":
      case "reasoning-delta":
      case "reasoning-end":
        return [...this.#words.pauseBlocks("reasoning"), ...this.#block(part), ...this.#words.nextEvent()]
      default:
        return [...this.#words.pauseBlocks(), ...this.#aside(part), ...this.#words.nextEvent()]
    }
  }

  /** What waits, as it is: nothing follows. */
  rest(): Texts {
    return this.#words.end()
  }

  /** The texts of a whole answer. */
  ofResult({ content, structuredOutputText }: LanguageModelV4GenerateResult): Texts {
    const texts = content.flatMap((part, index) => partsOf(part, String(index))).flatMap((part) => this.of(part))
    const isSaid = content.some((part) => part.type === "text" && part.text === structuredOutputText)
    if (structuredOutputText === undefined || isSaid) return [...texts, ...this.rest()]
    return [...texts, ...this.rest(), ...this.#words.whole("structured-output", structuredOutputText)]
  }

  #block(part: BlockPart): Texts {
    const channel = part.type.startsWith("text") ? "text" : "reasoning"
    const name = `${channel} ${part.id}`
    switch (part.type) {
      case "text-start":
      case "reasoning-start":
        this.#words.startBlock(channel, name)
        return []
      case "text-delta":
      case "reasoning-delta":
        return this.#words.block(channel, name, part.delta, channel === "text" && this.#isJson)
      case "text-end": {
        const cited = (part.citations ?? []).map(wordedCitation)
        return [...this.#words.endBlock(channel, name), ...this.#words.whole("citation", cited)]
      }
      case "reasoning-end":
        return this.#words.endBlock(channel, name)
    }
  }

  #aside(part: LanguageModelV4StreamPart): Texts {
    switch (part.type) {
      case "tool-input-start":
        if (part.inputEncoding === "text") this.#plainInputs.add(part.id)
        return [...this.#name(part.toolName), ...this.#words.whole("tool-title", part.title)]
      case "tool-input-delta":
        return this.#words.text(`tool-input ${part.id}`, part.delta, !this.#plainInputs.has(part.id))
      case "tool-input-end":
        return this.#words.endText(`tool-input ${part.id}`)
      case "tool-call":
        return [...this.#name(part.toolName), ...this.#toolCall(part)]
      case "tool-result":
        return [...this.#name(part.toolName), ...this.#words.whole(`tool-result ${part.toolCallId}`, part.result)]
      case "source":
        return this.#words.whole("source", worded(part))
      case "file":
      case "reasoning-file":
        return this.#words.whole(part.type, whole(wordsOfFilePart(part, this.#reader)))
      case "custom":
        // Features come behind the text that they are about; verdicts carry no text.
        return isFacetPart(part) ? [] : this.#words.fields(`${part.kind} `, part.providerMetadata, true)
      case "raw":
        return this.#words.whole("raw", part.rawValue)
      case "error":
      case "finish":
      case "tool-approval-request":
        return []
      default:
        // Of what the AI SDK may add, nothing passes unread.
        return this.#words.whole(part.type, part)
    }
  }

  /** An input that only repeats its fragments needs no second judgement, but waits for theirs. */
  #toolCall({ input, toolCallId }: LanguageModelV4ToolCall): Texts {
    return this.#words.wholeJson(`tool-input ${toolCallId}`, parsed(input), `tool-call ${toolCallId}`)
  }

  /** A tool that the model was not told of has a name that the model made up. */
  #name(toolName: string): Texts {
    return this.#tools.has(toolName) ? [] : this.#words.whole("tool-name", toolName)
  }
}

/** What a model made of its tool's input that is no JSON is read as it stands. */
function parsed(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch {
    return input
  }
}

/** What a source says: not which one it is. */
const worded = (source: LanguageModelV4Source): JSONObject =>
  source.sourceType === "document"
    ? { title: source.title, filename: source.filename }
    : { title: source.title, url: source.url }

const wordedCitation = ({ citedText, source }: LanguageModelV4Citation): JSONObject => ({
  citedText,
  source: worded(source),
})

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
