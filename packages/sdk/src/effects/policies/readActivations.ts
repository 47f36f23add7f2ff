/** The pooled residual stream of examples: one pass each, whatever the layers. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../../words/CacheSalt.ts"
import { Client } from "../../words/Client.ts"
import { type FacetError, invalidRequest } from "../../words/Errors.ts"
import type { Features, FeaturesRequest } from "../../words/Features.ts"
import type { Place } from "../../words/Opened.ts"
import type { Measured } from "./fitPolicy.ts"

/** Layers that are tried where nobody names them: all of a small model, of a large one so many, evenly. */
const mostLayers = 12

export interface ReadActivations {
  /** The fingerprint of the model. */
  readonly model: string
  readonly activations: NonNullable<Measured["activations"]>
}

/** How examples are read. */
export interface HowToRead extends Pick<FeaturesRequest, "frame" | "side"> {
  /** Default: some of them, evenly. */
  readonly layers?: ReadonlyArray<number> | undefined
}

/**
 * Fails with an `InvalidRequestError` that names the example when a text does not fit into the model's context, or when the model
 * has no such layer.
 *
 * @param onRead called after each.
 */
export const readActivations = (
  { engine, model }: Place,
  texts: ReadonlyArray<string>,
  { frame, layers: wanted, side }: HowToRead,
  onRead: () => void,
): Effect.Effect<ReadActivations, FacetError> =>
  Effect.gen(function* () {
    const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
    const read: Array<Features> = []
    let layers = wanted
    for (const [i, text] of texts.entries()) {
      const features = yield* Effect.mapError(
        engine.features({ model, text: text.trim(), layers, frame, side, ...asking }),
        (error) => (error._tag === "ContextOverflowError" ? tooLong(i, error) : error),
      )
      layers ??= some(features.layers)
      read.push(features)
      onRead()
    }
    const [first] = read
    return {
      model: first?.model ?? "",
      activations: {
        layers: layers ?? [],
        at: (example, layer) => {
          const { layers: held, values, width } = read[example]!
          const from = held.indexOf(layer) * 2 * width
          return values.subarray(from, from + 2 * width)
        },
      },
    }
  })

function some(layers: ReadonlyArray<number>): ReadonlyArray<number> {
  if (layers.length <= mostLayers) return layers
  return Array.from({ length: mostLayers }, (_, i) => layers[Math.floor(((i + 0.5) * layers.length) / mostLayers)]!)
}

const tooLong = (i: number, { limit, tokens }: { readonly limit: number; readonly tokens: number }): FacetError =>
  invalidRequest(
    `examples[${i}].text`,
    `${tokens} tokens, where the model's window holds ${limit}`,
    "Shorten it, or cut it into parts that each have a label.",
  )
