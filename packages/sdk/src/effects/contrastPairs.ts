/** What the effect `contrast` does; it comes with the first call, as most pages have none. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import type { ContrastOptions, ContrastPair, ContrastVector, ReadContrast } from "../words/Contrast.ts"
import type { FacetError } from "../words/Errors.ts"
import { Opened } from "../words/Opened.ts"
import { readContrast } from "../words/readContrast.ts"
import type { Trace } from "../words/Trace.ts"

export const contrastPairs = Effect.fnUntraced(function* (
  pairs: ReadonlyArray<ContrastPair>,
  options: ContrastOptions,
): Effect.fn.Return<ReadonlyArray<ContrastVector>, FacetError, Opened> {
  const { engine, model } = (yield* Opened).text
  const reading = yield* checked(() => readContrast(pairs, options))
  const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
  const { site } = reading
  const vectors: Array<ContrastVector> = []
  for (const layer of reading.layers) {
    const stateOf = (text: string) =>
      Effect.map(engine.inspect({ model, text, layer, site, topK: 0, activations: true, ...asking }), (trace) =>
        stateIn(trace, reading),
      )
    let sum: Float64Array | undefined
    for (const { negative, positive } of pairs) {
      const [more, less] = [yield* stateOf(positive), yield* stateOf(negative)]
      sum ??= new Float64Array(more.length)
      for (let i = 0; i < sum.length; i++) sum[i]! += (more[i]! - less[i]!) / pairs.length
    }
    vectors.push({ site, layer, vector: Float32Array.from(sum ?? []) })
  }
  return vectors
})

/** What a text left at the site: of its last token, or on average. */
function stateIn({ activations, tokens }: Trace, { positions }: Pick<ReadContrast, "positions">): Float64Array {
  if (activations === undefined) throw new Error("the engine gave no activations")
  const width = activations.length / tokens.length
  if (positions === "last") return Float64Array.from(activations.subarray((tokens.length - 1) * width))
  const mean = new Float64Array(width)
  for (let at = width; at < activations.length; at++) mean[at % width]! += activations[at]! / (tokens.length - 1)
  return mean
}
