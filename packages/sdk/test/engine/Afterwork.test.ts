/** What is done while nobody waits. */
import { join } from "node:path"
import { gemmaFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { convertModel } from "@facet/checkpoint"
import { Facet } from "../../src/index.ts"
import { temporaryFolder } from "../fixtures/folders.ts"

const question = { role: "user", content: "Tell me a story about a fox." } as const
const options = { maxTokens: 30, temperature: 1, seed: 5 }

describe.each([32, 64] as const)("a chat with a model of 4 bits in blocks of %i", (blockSize) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let facet: Facet
  beforeAll(async () => {
    folder = await temporaryFolder()
    const model = join(folder.path, "model")
    await convertModel(gemmaFolder, model, { dtype: "q4", block: blockSize })
    facet = await Facet.open({ model })
  })
  afterAll(async () => {
    await facet.close()
    await folder[Symbol.asyncDispose]()
  })

  const turns = async (pauseMs: number, cacheSalt: string) => {
    const first = await facet.generate([question], { ...options, cacheSalt })
    const history = [
      question,
      { role: "assistant", content: first.text },
      { role: "user", content: "And then?" },
    ] as const
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    const second = await facet.generate(history, { ...options, cacheSalt })
    return { first, second }
  }

  it("has run the answer by the time of the next turn, which says what it would have said anyway", async () => {
    const rested = await turns(1000, "rested")
    const hurried = await turns(0, "hurried")
    const { promptTokens } = rested.first.usage
    // The tokens of an answer are mostly those of its text; where they differ, what follows is run again.
    assert.isAbove(rested.second.usage.cachedTokens, promptTokens)
    assert.strictEqual(rested.second.text, hurried.second.text)
    assert.strictEqual(rested.first.text, hurried.first.text)
  })

  it("takes an answer over at once where any rows may be", async () => {
    await using hasty = await Facet.open({ model: join(folder.path, "model"), reuse: "any" })
    const first = await hasty.generate([question], options)
    const history = [question, { role: "assistant", content: first.text }, { role: "user", content: "And?" }] as const
    const { usage } = await hasty.generate(history, options)
    assert.isAtLeast(usage.cachedTokens, first.usage.promptTokens + first.usage.completionTokens - 3)
  })

  it("does not stand in the way of closing, nor of the next request", async () => {
    const model = join(folder.path, "model")
    const other = await Facet.open({ model })
    await other.generate([question], options)
    await other.close()
    const answers = await Promise.all([1, 2, 3].map((seed) => facet.generate([question], { ...options, seed })))
    assert.lengthOf(answers, 3)
  })
})
