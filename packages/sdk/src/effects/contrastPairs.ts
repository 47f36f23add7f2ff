/** What the effect `contrast` does; it comes with the first call, as most pages have none. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import type { ContrastOptions, ContrastPair, ContrastVector } from "../words/Contrast.ts"
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
  const { layers, positions, site } = reading
  const sites = layers.map((layer) => ({ layer, site }))
  const rowsOf = (text: string) => engine.inspectAll({ model, text, rows: { sites, positions }, ...asking })
  const sums: Array<Float64Array> = []
  for (const { negative, positive } of pairs) {
    const [more, less] = [yield* rowsOf(positive), yield* rowsOf(negative)]
    for (const i of sites.keys()) {
      const [there, without] = [rowIn(more, i), rowIn(less, i)]
      const sum = (sums[i] ??= new Float64Array(there.length))
      for (let at = 0; at < sum.length; at++) sum[at]! += (there[at]! - without[at]!) / pairs.length
    }
  }
  return sites.map((place, i) => ({ ...place, vector: Float32Array.from(sums[i] ?? []) }))
})

function rowIn(traces: ReadonlyArray<Trace>, i: number): Float32Array {
  const row = traces[i]?.activations
  if (row === undefined) throw new Error("the engine gave no activations")
  return row
}
