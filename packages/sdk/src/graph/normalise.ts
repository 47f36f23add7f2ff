/** How autoencoders norm what they read, before their encoder. Source: SAELens 6, `sae_lens/saes/sae.py`. */
import type { Normalisation } from "../words/Normalisation.ts"
import type { GraphBuilder, Value } from "./Onnx.ts"

/** What is normed, and how what is decoded becomes the tensor's again: `decoded * scale + mean`. Left out: as it is. */
export interface Normalised {
  readonly normed: Value
  /** `[..., 1]`, and so is the mean. */
  readonly scale?: Value
  readonly mean?: Value
}

/** @param x `[..., width]` */
export function normalise(g: GraphBuilder, normalisation: Normalisation, x: Value, width: number): Normalised {
  const meanOf = (value: Value): Value => g.op("ReduceMean", [value, g.ints(-1)], { attributes: { keepdims: 1 } })
  switch (normalisation) {
    case "none":
      return { normed: x }
    case "constant_norm_rescale": {
      // sqrt(d) / |x| is 1 / rms(x).
      const scale = g.op("Sqrt", [meanOf(g.op("Mul", [x, x]))])
      return { normed: g.op("Div", [x, scale]), scale }
    }
    case "layer_norm": {
      const mean = meanOf(x)
      const centred = g.op("Sub", [x, mean])
      const variance = g.op("Mul", [meanOf(g.op("Mul", [centred, centred])), g.scalar(width / (width - 1))])
      const scale = g.op("Sqrt", [variance])
      return { normed: g.op("Div", [centred, g.op("Add", [scale, g.scalar(1e-5)])]), scale, mean }
    }
  }
}
