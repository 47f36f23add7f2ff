import { assert, describe, it } from "@effect/vitest"
import { embeddingFromJson, embeddingToJson } from "../../src/remote/EmbeddingDocument.ts"
import { scoreFromJson, scoreToJson } from "../../src/remote/ScoreDocument.ts"
import { assertSame, checkNonsense, sent } from "./documents.ts"
import { Bits, Score } from "./values.ts"

describe("a score", () => {
  it.prop("comes back as it was: what has no probability has none", { score: Score }, ({ score }) => {
    assertSame(scoreFromJson(sent(scoreToJson(score)), ""), score)
  })

  it.prop("with nonsense in any place is refused, or can be used", { score: Score }, ({ score }) => {
    checkNonsense(sent(scoreToJson(score)), scoreFromJson, ({ perplexity, tokens }) => {
      assert.isString((perplexity ?? 0).toFixed(2))
      for (const { logprob, top, token } of tokens) {
        assert.isString(token.trim() + (logprob ?? 0).toFixed(2) + (top?.map((one) => one.token).join("") ?? ""))
      }
    })
  })
})

describe("an embedding", () => {
  it.prop("comes back to the last bit", { bits: Bits }, ({ bits }) => {
    const embedding = new Float32Array(Uint32Array.from(bits).buffer)
    const read = embeddingFromJson(sent(embeddingToJson({ embedding, layer: 4, tokens: 3 })), "")
    assert.deepStrictEqual([...new Uint32Array(read.embedding.buffer)], [...bits])
    assert.deepInclude(read, { layer: 4, tokens: 3 })
  })
})
