/** How fast a machine could be at best, were it busy with nothing but weights, keys and values. */
import { isMatrix, type Model, type ModelTensors, openFolder, openTensors, readModel } from "@facet/sdk/folders"
import type { Speeds } from "./probe.ts"

/** What one step costs at least. */
export interface Costs {
  /** Of all matrices, as Facet's folder holds them; the embedding is read once, as the output head. */
  readonly weightBytes: number
  /** Products that a token needs in the layers. */
  readonly tokenProducts: number
  /** Products that a row of logits needs. */
  readonly headProducts: number
  /** Of the keys and values of `context` tokens, as float32. */
  readonly cacheBytes: (context: number) => number
}

export async function costsOf(folder: string): Promise<Costs> {
  const files = await openFolder(folder)
  const model = await readModel(files)
  return costs(model, await openTensors(files, model))
}

function costs({ config }: Model, { specs, tensors }: ModelTensors): Costs {
  const matrices = specs.filter(isMatrix)
  const bytes = (name: string): number => tensors.get(name)?.length ?? 0
  const products = (kind: string): number =>
    matrices.reduce((sum, { columns, kind: own, rows }) => sum + (own === kind ? rows * columns : 0), 0)
  const { headDim, kvHeads, slidingLayers, slidingWindow } = config
  return {
    weightBytes: matrices.reduce((sum, { name }) => sum + bytes(`${name}.weight`) + bytes(`${name}.weight_scale`), 0),
    tokenProducts: products("matrix"),
    headProducts: products("embedding"),
    cacheBytes: (context) => {
      const slots = slidingLayers.map((slides) => (slides ? Math.min(context, slidingWindow) : context))
      return slots.reduce((sum, count) => sum + count, 0) * 2 * kvHeads * headDim * 4
    },
  }
}

/** Milliseconds that one token takes after `context` others: all weights, keys and values are read once. */
export const decodeFloor = (costs: Costs, { bytesPerSecond }: Speeds, context: number): number =>
  ((costs.weightBytes + costs.cacheBytes(context)) / bytesPerSecond) * 1000

/** Milliseconds that reading `tokens` new tokens takes, with `heads` rows of logits. */
export const prefillFloor = (
  costs: Costs,
  { bytesPerSecond, int8PerSecond }: Speeds,
  tokens: number,
  heads = 1,
): number =>
  1000 *
  Math.max(
    (tokens * costs.tokenProducts + heads * costs.headProducts) / int8PerSecond,
    costs.weightBytes / bytesPerSecond,
  )
