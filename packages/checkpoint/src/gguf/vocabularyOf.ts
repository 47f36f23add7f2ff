import type { ModelFileError } from "@facet/sdk/words"
import { isJsonObject, type JsonObject } from "@facet/sdk/folders"
import { makeMerges } from "../sentencepiece/makeTokenizer.ts"
import { PieceType, spacePiece, type Vocabulary } from "../sentencepiece/Vocabulary.ts"

/** A vocabulary, and whether SentencePiece joins its pieces just as the `tokenizer.json` does. */
export interface WrittenVocabulary extends Vocabulary {
  readonly isExact: boolean
}

/**
 * The SentencePiece vocabulary that says what a `tokenizer.json` of Gemma's kind says: `makeTokenizer`, backwards.
 *
 * @param rows of the embedding: each has a piece, and none is beyond them.
 */
export function vocabularyOf(
  json: JsonObject,
  rows: number,
  refuse: (problem: string) => ModelFileError,
): WrittenVocabulary {
  const { model, added_tokens: added } = json
  if (!isJsonObject(model) || !isJsonObject(model["vocab"]) || !Array.isArray(model["merges"])) {
    throw refuse('not a tokenizer of Gemma\'s kind: its "model" has no vocab and merges')
  }
  const { merges, vocab } = model
  const pieces: Array<string> = Array.from({ length: rows }, (_, id) => `[PAD${id}]`)
  const types = new Int32Array(rows).fill(PieceType.unused)
  for (const [piece, id] of Object.entries(vocab)) place(pieces, types, id, piece, PieceType.normal)
  for (const id of types.keys()) if (/^<0x[0-9A-F]{2}>$/.test(pieces[id]!)) types[id] = PieceType.byte
  for (const token of Array.isArray(added) ? added : []) {
    if (!isJsonObject(token) || typeof token["content"] !== "string") continue
    const type = token["special"] === true ? PieceType.control : PieceType.userDefined
    place(pieces, types, token["id"], token["content"], type)
  }
  const pairs = merges.map(pairOf)
  const scores = scoresOf(pieces, types, pairs)
  const isExact = isEveryCut({ pieces, types, scores }, pairs)
  return { types, scores, pieces: spellForLlama(pieces, types), isExact }
}

function place(pieces: Array<string>, types: Int32Array, id: unknown, piece: string, type: number): void {
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0 || id >= pieces.length) return
  pieces[id] = piece
  types[id] = type
}

/** Older files write "left right", newer ones ["left", "right"]. */
function pairOf(merge: unknown): readonly [string, string] {
  const [left, right]: ReadonlyArray<unknown> =
    typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : []
  return [String(left), String(right)]
}

/** The earlier a piece is made, the higher; what nothing makes comes last. */
function scoresOf(
  pieces: ReadonlyArray<string>,
  types: Int32Array,
  merges: ReadonlyArray<readonly [string, string]>,
): Float64Array {
  const order = new Map<string, number>()
  for (const [left, right] of merges) if (!order.has(left + right)) order.set(left + right, order.size)
  return Float64Array.from(pieces, (piece, id) => {
    if (types[id] === PieceType.normal) return -(order.get(piece) ?? order.size + id)
    return types[id] === PieceType.byte ? 0 : -1000
  })
}

/** Whether the merges are every way to cut a piece in two, which is what SentencePiece goes by. */
function isEveryCut(vocabulary: Vocabulary, merges: ReadonlyArray<readonly [string, string]>): boolean {
  const own = new Set(merges.map((pair) => pair.join(" ")))
  const cuts = makeMerges(vocabulary)
  return cuts.length === own.size && cuts.every((pair) => own.has(pair.join(" ")))
}

/** As llama.cpp's converter writes them: user-defined runs with spaces, and a byte for the tab that stands in its place. */
function spellForLlama(pieces: ReadonlyArray<string>, types: Int32Array): ReadonlyArray<string> {
  const tab = pieces.includes("<0x09>") ? -1 : pieces.indexOf("\t")
  if (tab >= 0 && types[tab] === PieceType.normal) types[tab] = PieceType.byte
  return pieces.map((piece, id) => {
    if (id === tab && types[id] === PieceType.byte) return "<0x09>"
    return types[id] === PieceType.userDefined ? piece.replaceAll(spacePiece, " ") : piece
  })
}
