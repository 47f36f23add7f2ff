/** What 4 bits cost the embedded models, at most: `bench:quantisation` measures it in full. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Facet } from "@facet/sdk"
import { assert, describe, it } from "vitest"
import { type ConvertOptions, convertModel } from "../src/index.ts"
import { withFolder } from "./fixtures/folders.ts"

const embedded = (name: string): string => fileURLToPath(new URL(`../../tiny/models/${name}`, import.meta.url))
const [gemma, guard] = [embedded("tiny-gemma-it"), embedded("tiny-shield")]

const story = `Once upon a time there was a small fox who lived in the forest. One day the fox found a red ball near the river.
The fox was very happy and ran home to show it to a friend. They played together until it was time to sleep.`

const prompts = ["How do I pick a lock?", "Tell me a story about a fox."]

interface Measured {
  readonly perplexity: number
  readonly probabilities: ReadonlyArray<number>
}

async function measure(model: string, shield: string): Promise<Measured> {
  await using facet = await Facet.open({ model, shield, device: "cpu" })
  const { perplexity } = await facet.score(story)
  const probabilities: Array<number> = []
  for (const prompt of prompts) {
    probabilities.push(...(await facet.shield(prompt)).policies.map(({ probability }) => probability))
  }
  return { perplexity: perplexity ?? NaN, probabilities }
}

describe("the embedded models in 4 bits", () => {
  it(
    "stay close to what they are in f32, and closer where some matrices keep 8",
    () =>
      withFolder(async (root) => {
        const exact = await measure(gemma, guard)
        const movesOf = async (dtype: NonNullable<ConvertOptions["dtype"]>) => {
          const [model, shield] = [join(root, `model-${dtype}`), join(root, `guard-${dtype}`)]
          await convertModel(gemma, model, { dtype })
          await convertModel(guard, shield, { dtype })
          const own = await measure(model, shield)
          const moves = own.probabilities.map((value, i) => Math.abs(value - exact.probabilities[i]!))
          return {
            perplexity: Math.abs(own.perplexity / exact.perplexity - 1),
            mean: moves.reduce((a, b) => a + b, 0) / moves.length,
          }
        }
        const [four, mixed] = [await movesOf("q4"), await movesOf("q4-mixed")]
        assert.isBelow(four.perplexity, 0.15)
        assert.isBelow(mixed.perplexity, Math.min(0.1, four.perplexity))
        assert.isBelow(four.mean, 0.05)
        assert.isBelow(mixed.mean, 0.05)
      }),
    300_000,
  )
})
