/**
 * The `tokenizer.json` of a SentencePiece vocabulary, as Google publishes it for Gemma: the same merges in the same order,
 * so the same ids for every text.
 *
 * Which merges a vocabulary of SentencePiece's BPE means: every way to cut a piece into two that are pieces, too, the
 * pieces of the higher score first (Kudo and Richardson, arXiv 1808.06226; huggingface/tokenizers has them as a list).
 */
import type { JsonObject } from "@facet/sdk/folders"
import { PieceType, spacePiece, type Vocabulary } from "./Vocabulary.ts"

/**
 * @param names control tokens, whatever type the file gives them: those that a chat template spells.
 * @param bosId of the token that goes before every text.
 */
export function makeTokenizer(
  { pieces, scores, types }: Vocabulary,
  names: ReadonlySet<string>,
  bosId: number,
): JsonObject {
  // Files write the spaces of pieces that users defined as spaces: a text's are replaced before anything else.
  const spelt = pieces.map((piece, id) => (isAdded(types[id]!) ? piece.replaceAll(" ", spacePiece) : piece))
  const unknown = spelt.find((_, id) => types[id] === PieceType.unknown) ?? "<unk>"
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: spelt.flatMap((content, id) =>
      isAdded(types[id]!) ? [addedToken(id, content, isControl(types[id]!) || names.has(content))] : [],
    ),
    normalizer: { type: "Replace", pattern: { String: " " }, content: spacePiece },
    pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious", invert: false },
    post_processor: bosFirst(spelt[bosId] ?? "<bos>", bosId),
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: spacePiece }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
      ],
    },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: unknown,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.assign(Object.create(null), Object.fromEntries(spelt.map((piece, id) => [piece, id]))),
      merges: makeMerges({ pieces: spelt, scores, types }),
    },
  }
}

const isControl = (type: number): boolean => type === PieceType.control || type === PieceType.unknown

const isAdded = (type: number): boolean =>
  isControl(type) || type === PieceType.userDefined || type === PieceType.unused

const addedToken = (id: number, content: string, special: boolean): JsonObject => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special,
})

/** What puts `<bos>` before a text, and before each of two. */
const bosFirst = (bos: string, bosId: number): JsonObject => {
  const part = (name: string, type: number) => [
    { SpecialToken: { id: bos, type_id: type } },
    { Sequence: { id: name, type_id: type } },
  ]
  return {
    type: "TemplateProcessing",
    single: part("A", 0),
    pair: [...part("A", 0), ...part("B", 1)],
    special_tokens: { [bos]: { id: bos, ids: [bosId], tokens: [bos] } },
  }
}

/** A piece, and the pair that makes it. */
type Merge = readonly [left: string, right: string]

export function makeMerges({ pieces, scores, types }: Vocabulary): ReadonlyArray<Merge> {
  const vocabulary = new Set(pieces)
  const made: Array<{ readonly piece: string; readonly score: number }> = []
  let best = -Infinity
  for (let id = 0; id < pieces.length; id++) if (types[id] === PieceType.normal) best = Math.max(best, scores[id]!)
  for (const [id, piece] of pieces.entries()) {
    if (types[id] === PieceType.normal) made.push({ piece, score: scores[id]! })
    // SentencePiece never cuts into what a user defined: it is made before all else.
    else if (types[id] === PieceType.userDefined) made.push({ piece, score: best })
  }
  made.sort((a, b) => b.score - a.score)
  const merges: Array<Merge> = []
  for (let from = 0; from < made.length;) {
    let to = from + 1
    while (to < made.length && made[to]!.score === made[from]!.score) to++
    const equals = made.slice(from, to).flatMap(({ piece }) => cuts(piece, vocabulary))
    for (const merge of to - from > 1 ? equals.toSorted(longerFirst) : equals) merges.push(merge)
    from = to
  }
  return merges
}

/** Every way to cut a piece into two pieces, the longest left one first. */
function cuts(piece: string, vocabulary: ReadonlySet<string>): ReadonlyArray<Merge> {
  const merges: Array<Merge> = []
  for (let at = piece.length - 1; at > 0; at--) {
    if (isInsideCharacter(piece, at)) continue
    const left = piece.slice(0, at)
    if (!vocabulary.has(left)) continue
    const right = piece.slice(at)
    if (vocabulary.has(right)) merges.push([left, right])
  }
  return merges
}

const isInsideCharacter = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00

const longerFirst = ([left, right]: Merge, [otherLeft, otherRight]: Merge): number =>
  characters(otherLeft) - characters(left) || characters(otherRight) - characters(right)

const characters = (text: string): number => Array.from(text).length
