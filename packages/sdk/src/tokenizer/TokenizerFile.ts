/**
 * What a `tokenizer.json` says, checked: that it is a tokenizer of Gemma's kind, and that the promises of `Tokenizer`
 * (plain text never gives a control token, every text comes back exactly, words are independent) hold for it.
 */
import { show } from "../words/Checks.ts"
import type { ModelFileError } from "../words/Errors.ts"
import { isJsonObject, type JsonObject } from "../files/ModelFiles.ts"
import { bytePiece } from "./bytePiece.ts"
import { splitMerge } from "./splitMerge.ts"

/** How Gemma's vocabulary writes a space: U+2581. */
export const SPACE_PIECE = "▁"

/** What `Tokenizer` takes from the file beside the BPE itself. */
export interface TokenizerFacts {
  /** One more than the largest id. */
  readonly vocabSize: number
  /** UTF-16 units of the longest piece that stands for text. */
  readonly longestPiece: number
  /** Control tokens by name: those marked as special, and the reserved ones. */
  readonly controls: ReadonlyMap<string, number>
  /** Added tokens that are ordinary text: runs of newlines and of tabs, HTML tags. */
  readonly fixedPieces: ReadonlyArray<string>
  /** No merge reaches over the start of a word, so that BPE may run word by word. */
  readonly wordsAreIndependent: boolean
}

/**
 * Reserved pieces of Gemma's vocabulary that the file does not mark as special although models never see them as text.
 */
const RESERVED = /^(?:<mask>|<2mass>|\[@BOS@\]|\[toxicity=0\]|<unused\d+>)$/

/**
 * Checks a parsed `tokenizer.json`.
 *
 * @param rows - of the model's embedding: an added token beyond them is one that the model does not have, and plain text.
 * @param refuse - makes the error that is thrown for a problem
 */
export function checkTokenizerFile(
  json: JsonObject,
  rows: number,
  refuse: (problem: string) => ModelFileError,
): TokenizerFacts {
  const { model, normalizer, added_tokens: addedTokens } = json
  if (!isJsonObject(model) || !isJsonObject(model["vocab"]) || !Array.isArray(model["merges"])) {
    throw refuse('not a tokenizer of Gemma\'s kind: its "model" has no vocab and merges')
  }
  if (model["byte_fallback"] !== true) throw refuse("not a tokenizer of Gemma's kind: it has no byte fallback")
  if (model["ignore_merges"] === true) throw refuse("not a tokenizer of Gemma's kind: it ignores merges")
  if (!replacesSpaces(normalizer)) {
    throw refuse(`not a tokenizer of Gemma's kind: its normalizer does not replace " " with "${SPACE_PIECE}"`)
  }
  if (!Array.isArray(addedTokens)) throw refuse('the field "added_tokens" is not a list')
  const { vocab, merges } = model

  const controls = new Map<string, number>()
  const beyond = new Set<string>()
  const fixedPieces: Array<string> = []
  let vocabSize = 0
  let longestPiece = 1
  for (const token of addedTokens) {
    if (!isAddedToken(token)) throw refuse(`the added token ${JSON.stringify(token)} has no content and id`)
    if (token.id >= rows) {
      beyond.add(token.content)
      continue
    }
    vocabSize = Math.max(vocabSize, token.id + 1)
    // A text's spaces are replaced before BPE, so a piece with "▁" would match that character alone.
    if (token.special === true || RESERVED.test(token.content)) controls.set(token.content, token.id)
    else if (!token.content.includes(SPACE_PIECE)) fixedPieces.push(token.content)
  }
  // Of a parsed JSON object all names are its own: so many entries would be made for nothing.
  for (const piece in vocab) {
    const id = vocab[piece]
    if (!isId(id)) throw refuse(`its vocab has the id ${show(id)}`)
    if (beyond.has(piece)) continue
    vocabSize = Math.max(vocabSize, id + 1)
    if (!controls.has(piece)) longestPiece = Math.max(longestPiece, piece.length)
  }

  for (const piece of fixedPieces) longestPiece = Math.max(longestPiece, piece.length)

  const bytePieces = Array.from({ length: 256 }, (_, byte) => bytePiece(byte))
  checkBytes(vocab, bytePieces, refuse)
  const unreachable = new Set([...controls.keys(), ...bytePieces])
  for (const piece of unreachable) {
    if (Array.from(piece).length < 2) throw refuse(`the control token ${JSON.stringify(piece)} is a single character`)
  }
  return {
    vocabSize,
    longestPiece,
    controls,
    fixedPieces,
    wordsAreIndependent: checkMerges(merges, unreachable, refuse),
  }
}

function replacesSpaces(normalizer: unknown): boolean {
  if (!isJsonObject(normalizer)) return false
  const { content, normalizers, pattern, type } = normalizer
  if (type === "Sequence")
    return Array.isArray(normalizers) && normalizers.length === 1 && replacesSpaces(normalizers[0])
  return type === "Replace" && isJsonObject(pattern) && pattern["String"] === " " && content === SPACE_PIECE
}

const isAddedToken = (
  value: unknown,
): value is { readonly content: string; readonly id: number; readonly special?: unknown } =>
  isJsonObject(value) && typeof value["content"] === "string" && value["content"] !== "" && isId(value["id"])

const isId = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0

/** Every byte that UTF-8 uses needs a token, or some text could not be written. */
function checkBytes(
  vocab: JsonObject,
  bytePieces: ReadonlyArray<string>,
  refuse: (problem: string) => ModelFileError,
): void {
  for (const [byte, piece] of bytePieces.entries()) {
    const inUtf8 = byte < 0xc0 || (byte > 0xc1 && byte < 0xf5)
    // Gemma's vocabulary has the tab itself in the place of <0x09>.
    const spelled = byte < 0x80 && Object.hasOwn(vocab, String.fromCharCode(byte))
    if (inUtf8 && !spelled && !Object.hasOwn(vocab, piece)) throw refuse(`the byte token ${piece} is missing`)
  }
}

/**
 * Goes through the merges once. Refuses a merge that makes one of the `unreachable` pieces: with none, BPE can only
 * give single characters and what merges make, so plain text never gives a control or byte token by its spelling.
 *
 * @returns whether no merge joins a piece to one that starts a word. Then no token reaches over such a border, and BPE
 *   gives the same on the words as on the whole text.
 */
function checkMerges(
  merges: ReadonlyArray<unknown>,
  unreachable: ReadonlySet<string>,
  refuse: (problem: string) => ModelFileError,
): boolean {
  const initials = new Set([...unreachable].map((piece) => piece[0]))
  let wordsAreIndependent = true
  for (const merge of merges) {
    const pair = splitMerge(merge)
    if (pair === undefined) throw refuse(`the merge ${JSON.stringify(merge)} is not two pieces`)
    const [left, right] = pair
    if (initials.has(left[0]) && unreachable.has(left + right)) {
      throw refuse(`a merge makes ${left + right}, so that ordinary text would give a control token`)
    }
    if (right.startsWith(SPACE_PIECE) && !left.endsWith(SPACE_PIECE)) wordsAreIndependent = false
  }
  return wordsAreIndependent
}
