/** What a model must have to be asked. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Facet, ModelFileError } from "../../src/index.ts"
import { failureOf } from "../fixtures/failure.ts"
import { copyOfTiny, editJson, temporaryFolder } from "../fixtures/folders.ts"

interface TokenizerJson {
  readonly model: { vocab: Readonly<Record<string, number>>; merges: ReadonlyArray<string | ReadonlyArray<string>> }
}

describe("a vocabulary", () => {
  it("without a single token for an answer is named, and questions that need no other are asked", async () => {
    await using folder = await temporaryFolder()
    const model = await copyOfTiny(join(folder.path, "model"))
    await editJson(join(model, "tokenizer.json"), (json) => {
      const { model: bpe } = json as unknown as TokenizerJson
      bpe.vocab = Object.fromEntries(
        Object.entries(bpe.vocab).map(([piece, id]) => [piece === "Yes" ? "Yes-no-more" : piece, id]),
      )
      bpe.merges = bpe.merges.filter(
        (merge) => (typeof merge === "string" ? merge.split(" ") : merge).join("") !== "Yes",
      )
    })
    await using facet = await Facet.open({ model })
    const error = await failureOf(facet.decide("Hello.", { q: { type: "boolean", instructions: "Is it?" } }))
    assert.instanceOf(error, ModelFileError)
    assert.strictEqual(error.file, model)
    assert.include(error.problem, 'no single token for "Yes"')
    const { answers } = await facet.decide("Hello.", { q: { type: "choice", criteria: ["a greeting", "bread"] } })
    assert.lengthOf(Object.keys(answers.q.probabilities), 2)
  })
})
