/**
 * What a `tokenizer.json` says, checked: that it is a tokenizer of Gemma's kind, and that the promises of `Tokenizer`
 * (plain text never gives a control token, every text comes back exactly, words are independent) hold for it.
 */
import type { ModelFileError } from "../words/Errors.ts"
import type { JsonPlace, JsonScanner } from "../files/JsonScanner.ts"
import { isJsonObject } from "../files/ModelFiles.ts"
import { bytePiece } from "./bytePiece.ts"
import type { MergeTable } from "./MergeTable.ts"
import { readMerges } from "./readMerges.ts"
import { isId, readVocabulary } from "./readVocabulary.ts"
import type { Vocabulary } from "./Vocabulary.ts"

/** How Gemma's vocabulary writes a space: U+2581. */
export const SPACE_PIECE = "▁"

/** What `Tokenizer` takes from the file. */
export interface TokenizerFile {
  readonly vocabulary: Vocabulary
  readonly merges: MergeTable
  /** One more than the largest id. */
  readonly vocabSize: number
  /** UTF-16 units of the longest piece that stands for text. */
  readonly longestPiece: number
  /** All added tokens that the model has, by id. */
  readonly added: ReadonlyMap<number, string>
  /** Control tokens by name: those marked as special, the reserved ones, and those that were named. */
  readonly controls: ReadonlyMap<string, number>
  /** Added tokens that are ordinary text: runs of newlines and of tabs, HTML tags. */
  readonly fixedPieces: ReadonlyMap<string, number>
  /** `[256]`: the ids of the tokens that are one byte; -1 of a byte that has none. */
  readonly byteIds: Int32Array
  /** No merge reaches over the start of a word, so that BPE may run word by word. */
  readonly wordsAreIndependent: boolean
}

type Refuse = (problem: string) => ModelFileError

/** How far down a file is to be outlined: the fields of its model. */
export const outlineDepth = 2

/**
 * Reserved pieces of Gemma's vocabulary that the file does not mark as special although models never see them as text.
 */
const RESERVED = /^(?:<mask>|<2mass>|\[@BOS@\]|\[toxicity=0\]|<unused\d+>)$/

/**
 * Reads and checks a `tokenizer.json`.
 *
 * @param fields of the file, outlined to {@link outlineDepth}.
 * @param rows - of the model's embedding: an added token beyond them is one that the model does not have, and plain text.
 * @param named - added tokens that are control tokens though the file does not mark them.
 * @param refuse - makes the error that is thrown for a problem
 */
export function readTokenizerFile(
  scanner: JsonScanner,
  fields: ReadonlyMap<string, JsonPlace>,
  rows: number,
  named: ReadonlyArray<string>,
  refuse: Refuse,
): TokenizerFile {
  const valueOf = (place: JsonPlace | undefined): unknown => place && scanner.parse(place.start, place.end)
  const model = fields.get("model")?.fields
  const [vocab, merges] = [model?.get("vocab"), model?.get("merges")]
  const starts = (place: JsonPlace, bracket: string): boolean => scanner.bytes[place.start] === bracket.charCodeAt(0)
  if (!model || !vocab || !merges || !starts(vocab, "{") || !starts(merges, "[")) {
    throw refuse('not a tokenizer of Gemma\'s kind: its "model" has no vocab and merges')
  }
  if (valueOf(model.get("byte_fallback")) !== true) {
    throw refuse("not a tokenizer of Gemma's kind: it has no byte fallback")
  }
  if (valueOf(model.get("ignore_merges")) === true) {
    throw refuse("not a tokenizer of Gemma's kind: it ignores merges")
  }
  if (!replacesSpaces(valueOf(fields.get("normalizer")))) {
    throw refuse(`not a tokenizer of Gemma's kind: its normalizer does not replace " " with "${SPACE_PIECE}"`)
  }
  const tokens = readAddedTokens(valueOf(fields.get("added_tokens")), rows, named, refuse)
  const vocabulary = readVocabulary(scanner, vocab, rows, refuse)
  const byteIds = readBytes(vocabulary, refuse)
  const unreachable = new Set([...tokens.controls.keys(), ...bytePieces])
  for (const piece of unreachable) {
    if (Array.from(piece).length < 2) throw refuse(`the control token ${JSON.stringify(piece)} is a single character`)
  }
  const read = readMerges(scanner, merges, { vocabulary, wordStart: SPACE_PIECE, unreachable, refuse })
  return {
    vocabulary,
    merges: read.table,
    wordsAreIndependent: read.wordsAreIndependent,
    ...tokens,
    ...sizesOf(vocabulary, tokens),
    byteIds,
  }
}

function replacesSpaces(normalizer: unknown): boolean {
  if (!isJsonObject(normalizer)) return false
  const { content, normalizers, pattern, type } = normalizer
  if (type === "Sequence")
    return Array.isArray(normalizers) && normalizers.length === 1 && replacesSpaces(normalizers[0])
  return type === "Replace" && isJsonObject(pattern) && pattern["String"] === " " && content === SPACE_PIECE
}

interface AddedTokens extends Pick<TokenizerFile, "added" | "controls" | "fixedPieces"> {
  /** Those that the model does not have. */
  readonly beyond: ReadonlySet<string>
}

function readAddedTokens(tokens: unknown, rows: number, named: ReadonlyArray<string>, refuse: Refuse): AddedTokens {
  if (!Array.isArray(tokens)) throw refuse('the field "added_tokens" is not a list')
  const added = new Map<number, string>()
  const controls = new Map<string, number>()
  const fixedPieces = new Map<string, number>()
  const beyond = new Set<string>()
  for (const token of tokens) {
    if (!isAddedToken(token)) throw refuse(`the added token ${JSON.stringify(token)} has no content and id`)
    const { content, id } = token
    if (id >= rows) {
      beyond.add(content)
      continue
    }
    added.set(id, content)
    if (token.special === true || RESERVED.test(content) || named.includes(content)) controls.set(content, id)
    // A text's spaces are replaced before BPE, so a piece with "▁" would match that character alone.
    else if (!content.includes(SPACE_PIECE)) fixedPieces.set(content, id)
  }
  return { added, controls, fixedPieces, beyond }
}

const isAddedToken = (
  value: unknown,
): value is { readonly content: string; readonly id: number; readonly special?: unknown } =>
  isJsonObject(value) && typeof value["content"] === "string" && value["content"] !== "" && isId(value["id"])

function sizesOf(
  vocabulary: Vocabulary,
  { added, beyond, controls, fixedPieces }: AddedTokens,
): Pick<TokenizerFile, "vocabSize" | "longestPiece"> {
  let vocabSize = 0
  let longestPiece = 1
  for (const id of added.keys()) vocabSize = Math.max(vocabSize, id + 1)
  for (const piece of fixedPieces.keys()) longestPiece = Math.max(longestPiece, piece.length)
  const places = (pieces: Iterable<string>) => new Set([...pieces].map((piece) => vocabulary.placeOf(piece)))
  const [absent, silent] = [places(beyond), places(controls.keys())]
  for (let place = 0; place < vocabulary.size; place++) {
    if (absent.has(place)) continue
    vocabSize = Math.max(vocabSize, vocabulary.idAt(place) + 1)
    if (!silent.has(place)) longestPiece = Math.max(longestPiece, vocabulary.unitsAt(place))
  }
  return { vocabSize, longestPiece }
}

const bytePieces = Array.from({ length: 256 }, (_, byte) => bytePiece(byte))

/** Every byte that UTF-8 uses needs a token, or some text could not be written. */
function readBytes(vocabulary: Vocabulary, refuse: Refuse): Int32Array {
  return Int32Array.from(bytePieces, (piece, byte) => {
    const id = vocabulary.idOf(piece)
    const inUtf8 = byte < 0xc0 || (byte > 0xc1 && byte < 0xf5)
    // Gemma's vocabulary has the tab itself in the place of <0x09>.
    const spelled = byte < 0x80 && vocabulary.idOfCharacter(byte) >= 0
    if (inUtf8 && !spelled && id < 0) throw refuse(`the byte token ${piece} is missing`)
    return id
  })
}
