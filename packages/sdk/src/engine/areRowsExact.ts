import { type Site, siteKey } from "../words/Site.ts"
import type { OpenModel } from "./OpenModel.ts"

/** Two ways to cut as many tokens: in long runs and in short ones, across the border where attention changes. */
const cuts = [
  [64, 34],
  [2, 30, 32, 2, 10, 22],
] as const

/**
 * Whether a model's rows are the same bits however a text was cut into runs of an even number of rows, on this processor:
 * found out by running one text in two ways.
 *
 * @param model was opened with a tap at `site`, which comes after all operators of a layer.
 */
export async function areRowsExact(model: OpenModel, site: Site): Promise<boolean> {
  const [few, many] = [await valuesOf(model, site, cuts[0]), await valuesOf(model, site, cuts[1])]
  return few.length === many.length && few.every((value, i) => Object.is(value, many[i]))
}

async function valuesOf(model: OpenModel, site: Site, cut: ReadonlyArray<number>): Promise<ReadonlyArray<number>> {
  const sequence = model.newSequence()
  const values: Array<number> = []
  let at = 0
  for (const length of cut) {
    const tokens = Array.from({ length }, (_, i) => ((at + i) * 7919) % model.config.vocabSize)
    const { taps } = await model.forward(sequence, tokens, { taps: [site], exact: true })
    for (const value of taps.get(siteKey(site)) ?? []) values.push(value)
    at += length
  }
  sequence.dispose()
  return values
}
