/**
 * Gemma's tokenizer: text to token ids and back.
 *
 * Three things differ from Hugging Face's libraries, all on purpose:
 * - Control tokens spelled out in a text (`<end_of_turn>`, `<bos>`, `<unused3>`) are plain text. Only `controlId` gives
 *   their ids, so that no user can open or close a turn.
 * - The character U+2581 "▁", which Gemma's files use for the space, survives: it goes through its three byte tokens,
 *   where the original turns it into a space. All other text gets the original's ids.
 * - BPE runs word by word with a cache. That is exact when no merge reaches over the start of a word, which is checked
 *   on the merges themselves.
 */
import { ModelFileError } from "../words/Errors.ts"
import { chatTemplateFile, tokenizerConfigFile, tokenizerFile } from "../files/ModelFileNames.ts"
import { filePath, isJsonObject, type JsonObject, type ModelFiles, readJsonObject } from "../files/ModelFiles.ts"
import { outlineJsonObject } from "../files/outlineJsonObject.ts"
import type { TemplatePart } from "../words/TemplatePart.ts"
import { functionTokenNames, type ToolFormat, toolFormatOf } from "../words/ToolFormat.ts"
import { BytePairEncoding } from "./BytePairEncoding.ts"
import { JinjaTemplate } from "./JinjaTemplate.ts"
import { outlineDepth, readTokenizerFile, SPACE_PIECE, type TokenizerFile } from "./TokenizerFile.ts"
import type { Vocabulary } from "./Vocabulary.ts"
import { checkUnicode } from "../words/Checks.ts"
import { encodeLongWord } from "./encodeLongWord.ts"
import { type Sliced, sliceLength, whole } from "../words/Sliced.ts"

const encoder = new TextEncoder()
const spacePieceBytes = encoder.encode(SPACE_PIECE)

/**
 * Words whose ids are kept: texts in natural languages repeat theirs. Counted in UTF-16 units, as long words take more;
 * those that are longer than any word of a language are not kept at all.
 */
const CACHE_CAPACITY = 500_000
const LONGEST_CACHED = 64

/** A message as chat templates see it, in the names that transformers gives its parts. */
export interface TemplateMessage {
  readonly role: "system" | "user" | "assistant" | "tool"
  /** Left out of a message that is nothing but calls. */
  readonly content?: unknown
  readonly tool_calls?: ReadonlyArray<TemplateCall>
  /** Of a result: which tool's. */
  readonly name?: string
}

/** A call of a tool, as chat templates see it. */
export interface TemplateCall {
  readonly type: "function"
  readonly function: { readonly name: string; readonly arguments: unknown }
}

/** A tool, as chat templates see it. */
export interface TemplateTool {
  readonly type: "function"
  readonly function: { readonly name: string; readonly description: string; readonly parameters: unknown }
}

/** A chat template, the file that it came from, and the tokens that it knows by name: `bos_token`. */
interface ChatTemplate {
  readonly source: string
  readonly file: string
  readonly tokens: Readonly<Record<string, string>>
}

/** A loaded tokenizer. Immutable but for its cache; one serves any number of callers. */
export class Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number
  /** UTF-16 units of the longest piece of text: no text of n units has less than n / longestPiece tokens. */
  readonly longestPiece: number
  /** Control tokens by name: those marked as special, the reserved ones, and those of the template's format of tools. */
  readonly controls: ReadonlyMap<string, number>
  /** How the chat template writes tools and their calls; undefined where it does not, or the tokens for it are missing. */
  readonly toolFormat: ToolFormat | undefined
  readonly #bpe: BytePairEncoding
  readonly #vocabulary: Vocabulary
  readonly #added: TokenizerFile["added"]
  readonly #fixedIds: TokenizerFile["fixedPieces"]
  /** The byte that a token is, by its id. */
  readonly #byteOf: ReadonlyMap<number, number>
  readonly #file: string
  readonly #template: ChatTemplate
  #program: JinjaTemplate | undefined
  readonly #controlIds: ReadonlySet<number>
  readonly #controlNames: RegExp
  /** Added tokens that are ordinary text (newline and tab runs, HTML tags), cut out of a text before BPE runs. */
  readonly #fixedPieces: RegExp
  /** What BPE may run on by itself. */
  readonly #segments: RegExp
  readonly #cache = new Map<string, ReadonlyArray<number>>()
  #cached = 0
  /** The ids of U+2581's UTF-8 bytes. */
  readonly #spacePieceBytes: ReadonlyArray<number>

  /** @internal Use `openTokenizer`. */
  constructor(file: string, read: TokenizerFile, template: ChatTemplate) {
    this.#bpe = new BytePairEncoding(read)
    this.#vocabulary = read.vocabulary
    this.#added = read.added
    this.#file = file
    this.#template = template
    this.vocabSize = read.vocabSize
    this.longestPiece = read.longestPiece
    this.controls = read.controls
    this.toolFormat = functionTokenNames.every((name) => read.controls.has(name))
      ? toolFormatOf(template.source)
      : undefined
    this.#controlIds = new Set(read.controls.values())
    this.#controlNames = anyOf([...read.controls.keys()])
    this.#fixedIds = read.fixedPieces
    this.#fixedPieces = anyOf([...read.fixedPieces.keys(), SPACE_PIECE])
    // Without a border to rely on, a stretch of text is one segment.
    this.#segments = read.wordsAreIndependent ? /▁*[^▁]+|▁+/g : /[^]+/g
    this.#byteOf = new Map(Array.from(read.byteIds, (id, byte): [number, number] => [id, byte]))
    this.#spacePieceBytes = Array.from(spacePieceBytes, (byte) => read.byteIds[byte]!)
  }

  /**
   * The ids of a text, with everything in it taken as plain text; no `<bos>` in front.
   *
   * @param option - where the text came from, for the error
   * @throws InvalidRequestError when the text has a lone surrogate
   */
  encodePlain(text: string, option = "text"): Array<number> {
    return whole(this.encodeInSlices(text, option))
  }

  /** As {@link encodePlain}, in slices: a text may be as long as what is sent over a network. */
  *encodeInSlices(text: string, option = "text"): Sliced<Array<number>> {
    checkUnicode(option, text)
    const ids: Array<number> = []
    let end = 0
    let stopped = 0
    for (const match of text.matchAll(this.#fixedPieces)) {
      if (match.index - stopped >= sliceLength) {
        stopped = match.index
        yield
      }
      yield* this.#encodeStretch(text.slice(end, match.index), ids)
      const [piece] = match
      if (piece === SPACE_PIECE) ids.push(...this.#spacePieceBytes)
      else ids.push(this.#fixedIds.get(piece)!)
      end = match.index + piece.length
    }
    yield* this.#encodeStretch(text.slice(end), ids)
    return ids
  }

  *#encodeStretch(text: string, ids: Array<number>): Sliced<void> {
    let sinceStop = 0
    for (const [segment] of text.replaceAll(" ", SPACE_PIECE).matchAll(this.#segments)) {
      const isLong = segment.length > sliceLength
      for (const id of isLong ? yield* this.#encodeLong(segment) : this.#encodeSegment(segment)) ids.push(id)
      sinceStop += segment.length
      if (sinceStop < sliceLength) continue
      sinceStop = 0
      yield
    }
  }

  #encodeLong(segment: string): Sliced<ReadonlyArray<number>> {
    return encodeLongWord((text) => this.#bpe.encodePlaced(text), segment, sliceLength)
  }

  #encodeSegment(segment: string): ReadonlyArray<number> {
    const known = this.#cache.get(segment)
    if (known !== undefined) return known
    const ids = this.#bpe.encode(segment)
    if (segment.length <= LONGEST_CACHED) this.#remember(segment, ids)
    return ids
  }

  #remember(segment: string, ids: ReadonlyArray<number>): void {
    if (this.#cached + segment.length > CACHE_CAPACITY) {
      this.#cache.clear()
      this.#cached = 0
    }
    // A slice of a string would keep the whole of it alive.
    this.#cache.set(structuredClone(segment), ids)
    this.#cached += segment.length
  }

  /**
   * The id of a control token such as `<start_of_turn>`.
   *
   * @throws ModelFileError when the tokenizer has no such token
   */
  controlId(name: string): number {
    const id = this.controls.get(name)
    if (id !== undefined) return id
    throw new ModelFileError({
      file: this.#file,
      problem: `the control token ${name} is missing`,
      remedy: "Take the file from where the model was published, unchanged.",
    })
  }

  /** Whether an id is a control token's. */
  isControl(id: number): boolean {
    return this.#controlIds.has(id)
  }

  /** The text of token ids, exactly: `decode(encodePlain(x)) === x`. Control tokens have no text. */
  decode(ids: ReadonlyArray<number>): string {
    const chunks = ids.map((id) => this.bytesOf(id))
    const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
  }

  /**
   * The UTF-8 bytes of one token's text; a byte token gives its one byte, so a character may be spread over several
   * tokens. Control tokens, and ids that the model has but the tokenizer does not, give none.
   */
  bytesOf(id: number): Uint8Array {
    if (this.isControl(id)) return new Uint8Array(0)
    const byte = this.#byteOf.get(id)
    if (byte !== undefined) return Uint8Array.of(byte)
    const added = this.#added.get(id)
    const bytes = added === undefined ? this.#vocabulary.bytesOf(id) : encoder.encode(added)
    return bytes === undefined ? new Uint8Array(0) : withSpaces(bytes)
  }

  /** How to show one token: its text, with control tokens by name and byte tokens as `<0xE2>`. */
  tokenText(id: number): string {
    const piece = this.#added.get(id) ?? this.#vocabulary.pieceOf(id)
    if (piece === undefined) return "<unk>"
    return piece.replaceAll(SPACE_PIECE, " ")
  }

  /** Cuts a text out of a template at the control tokens that it spells. */
  splitAtControls(text: string): Array<TemplatePart> {
    const parts: Array<TemplatePart> = []
    let end = 0
    for (const match of text.matchAll(this.#controlNames)) {
      const [control] = match
      parts.push(text.slice(end, match.index), { control })
      end = match.index + control.length
    }
    parts.push(text.slice(end))
    return parts
  }

  /**
   * Renders the folder's chat template (the architecture's where it has none) as text.
   *
   * @throws ModelFileError when the template is broken or refuses these messages
   */
  renderTemplate(
    messages: ReadonlyArray<TemplateMessage>,
    addGenerationPrompt: boolean,
    tools?: ReadonlyArray<TemplateTool>,
  ): string {
    try {
      this.#program ??= new JinjaTemplate(this.#template.source)
      const variables = { ...this.#template.tokens, messages, add_generation_prompt: addGenerationPrompt }
      return this.#program.render(tools === undefined || tools.length === 0 ? variables : { ...variables, tools })
    } catch (cause) {
      throw this.templateError(`failed: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }

  /** The chat template as it is written, in Jinja. */
  get templateSource(): string {
    return this.#template.source
  }

  /** The error for a chat template that does something wrong. */
  templateError(problem: string): ModelFileError {
    return new ModelFileError({
      file: this.#template.file,
      problem: `the chat template ${problem}`,
      remedy: "Take the file from where the model was published, unchanged.",
    })
  }
}

/** A copy, with spaces for what stands for them. */
function withSpaces(piece: Uint8Array): Uint8Array {
  const text = new Uint8Array(piece.length)
  const [first, second, third] = spacePieceBytes
  let length = 0
  for (let at = 0; at < piece.length; at++) {
    const isSpace = piece[at] === first && piece[at + 1] === second && piece[at + 2] === third
    text[length++] = isSpace ? 0x20 : piece[at]!
    if (isSpace) at += 2
  }
  return length === text.length ? text : text.slice(0, length)
}

/** Matches any of these pieces, the longest where several fit. */
const anyOf = (pieces: ReadonlyArray<string>): RegExp =>
  new RegExp(
    pieces
      .toSorted((a, b) => b.length - a.length)
      .map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"))
      .join("|"),
    "gu",
  )

/** What the model says of its tokenizer. */
export interface TokenizerOptions {
  /** Rows of the model's embedding: added tokens beyond them, which some files have, are plain text. */
  readonly vocabSize: number
  /** The chat template where the folder has none. */
  readonly template: string
}

/**
 * Loads a folder's tokenizer: `tokenizer.json`, and from `tokenizer_config.json` or `chat_template.jinja` the chat
 * template. Takes half a second for Gemma's 256,000 pieces and blocks its thread meanwhile.
 *
 * Rejects with a `ModelFileError` when a file is missing or broken, is no tokenizer of Gemma's kind, or has more pieces
 * than the model.
 */
export async function openTokenizer(files: ModelFiles, options: TokenizerOptions): Promise<Tokenizer> {
  const file = filePath(files, tokenizerFile)
  const { fields, scanner } = await outlineJsonObject(files, tokenizerFile, outlineDepth)
  const refuse = (problem: string): ModelFileError =>
    new ModelFileError({
      file,
      problem,
      remedy: "Take the file from where the model was published, unchanged.",
    })
  const template = await readChatTemplate(files, options.template)
  // Files mark them as text or as special, whatever the template does with them.
  const named = toolFormatOf(template.source) === undefined ? [] : functionTokenNames
  const read = readTokenizerFile(scanner, fields, options.vocabSize, named, refuse)
  if (read.vocabSize > options.vocabSize) {
    throw refuse(`it has ${read.vocabSize} tokens, and config.json's vocab_size is ${options.vocabSize}`)
  }
  return new Tokenizer(file, read, template)
}

/** As transformers does: the file of its own first, then the config's field, of several templates the default one. */
async function readChatTemplate(files: ModelFiles, otherwise: string): Promise<ChatTemplate> {
  const file = filePath(files, tokenizerConfigFile)
  const config = (await files.exists(tokenizerConfigFile)) ? await readJsonObject(files, tokenizerConfigFile) : {}
  const tokens = namedTokens(config)
  if (await files.exists(chatTemplateFile)) {
    return { source: await files.readText(chatTemplateFile), file: filePath(files, chatTemplateFile), tokens }
  }
  const { chat_template: template } = config
  if (template === undefined || template === null) return { source: otherwise, file, tokens }
  if (typeof template === "string") return { source: template, file, tokens }
  const named: ReadonlyArray<unknown> = Array.isArray(template) ? template : []
  for (const entry of named) {
    if (isJsonObject(entry) && entry["name"] === "default" && typeof entry["template"] === "string") {
      return { source: entry["template"], file, tokens }
    }
  }
  throw new ModelFileError({
    file,
    problem: 'the field "chat_template" is neither a template nor a list with one named "default"',
    remedy: "Take the file from where the model was published, unchanged.",
  })
}

/** The fields `bos_token`, `eos_token` and so on, written as a text or as an object with one. Gemma's where left out. */
function namedTokens(config: JsonObject): Readonly<Record<string, string>> {
  const tokens: Record<string, string> = { bos_token: "<bos>", eos_token: "<eos>" }
  for (const name of ["bos_token", "eos_token", "unk_token", "pad_token"]) {
    const value = config[name]
    const content = isJsonObject(value) ? value["content"] : value
    if (typeof content === "string") tokens[name] = content
  }
  return tokens
}
