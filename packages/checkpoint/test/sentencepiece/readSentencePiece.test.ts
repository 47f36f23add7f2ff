/** SentencePiece's own file of a vocabulary, and what is none. */
import { readFile } from "node:fs/promises"
import { ModelFileError } from "@facet/sdk/words"
import { assert, describe, it } from "vitest"
import { readSentencePiece } from "../../src/sentencepiece/readSentencePiece.ts"
import { PieceType } from "../../src/sentencepiece/Vocabulary.ts"

const bytes = await readFile(new URL("../sbs/models/tokenizer.spm", import.meta.url))

const refuse = (problem: string, remedy = "Download it again.") =>
  new ModelFileError({ file: "tokenizer.spm", problem, remedy })
const read = (changed: Uint8Array) => readSentencePiece(changed, "tokenizer.spm", refuse)

describe("readSentencePiece", () => {
  it("gives pieces, scores and types as sentencepiece wrote them", () => {
    const { pieces, scores, types } = read(bytes)
    assert.deepStrictEqual(pieces.slice(0, 8), [
      "<pad>",
      "<eos>",
      "<bos>",
      "<unk>",
      "<start_of_turn>",
      "<end_of_turn>",
      "\n",
      "<0x00>",
    ])
    assert.deepStrictEqual(pieces.slice(263, 266), ["▁t", "he", "▁the"])
    assert.deepStrictEqual([scores[263], scores[264], scores[265]], [0, -1, -2])
    assert.deepStrictEqual(
      [types[0], types[3], types[4], types[7], types[263]],
      [PieceType.control, PieceType.unknown, PieceType.userDefined, PieceType.byte, PieceType.normal],
    )
  })

  it("refuses what is cut anywhere", () => {
    // Cut between two pieces it still lacks what follows them: the kind of the model.
    for (let length = 0; length < bytes.length; length += 31) {
      assert.throws(() => read(bytes.subarray(0, length)), ModelFileError)
    }
  })

  // Its last bytes are trainer_spec { model_type: BPE ... } and normalizer_spec { name, add_dummy_prefix: false ... }.
  it("refuses another kind of tokenizer by name", () => {
    const at = bytes.lastIndexOf(Buffer.from([0x18, 0x02]))
    assert.throws(
      () => read(Uint8Array.from(bytes, (byte, i) => (i === at + 1 ? 1 : byte))),
      /kind 1, and Gemma's is 2/,
    )
    const prefix = bytes.lastIndexOf(Buffer.from([0x18, 0x00]))
    assert.throws(() => read(Uint8Array.from(bytes, (byte, i) => (i === prefix + 1 ? 1 : byte))), /a space before/)
  })
})
