/**
 * The encoder of a sparse autoencoder as an ONNX graph, over the autoencoder's own file where that holds float32.
 *
 * `pre = ((norm(x) - shift) @ W_enc) * scale + bias` and `f = pre > threshold ? relu(pre) : 0`, strictly, feature by feature;
 * of a TopK autoencoder only the `k` largest of `pre` pass. A JumpReLU autoencoder has a bias and a threshold, a standard one a
 * bias alone; a gated one is a JumpReLU in other words (see `SaeFormula.ts`). Gemma Scope folded its normalisation and
 * `b_dec` into the parameters.
 *
 * Sources: Gemma Scope (arXiv 2408.05147), section 2 and appendix A; SAELens 6 for the normalisations.
 */
import type { Normalisation } from "../words/Normalisation.ts"
import { largestOf } from "./largestOf.ts"
import { normalise } from "./normalise.ts"
import { ElementType, type FileSlice, type Graph, GraphBuilder, type Value } from "./Onnx.ts"

export const names = {
  /** float32 `[N, dModel]`. */
  activations: "activations",
  /** float32 `[N, width]`: zero where a feature is silent, NaN where a number that it is made of is one. */
  features: "features",
} as const

/** Values, or float32 where they lie in a file. */
export type Parameter = Float32Array | FileSlice

/** An encoder and its parameters. */
export interface Encoder {
  /** Width of the model's activations that it reads. */
  readonly dModel: number
  /** Features. */
  readonly width: number
  readonly normalisation: Normalisation
  /** `[dModel]`. Left out: zeros. */
  readonly shift?: Float32Array | undefined
  /** `[dModel, width]`. */
  readonly W_enc: Parameter
  /** `[width]`. Left out: ones. */
  readonly scale?: Float32Array | undefined
  /** `[width]`. */
  readonly bias: Parameter
  /** `[width]`. Left out: zeros. */
  readonly threshold?: Parameter | undefined
  /** The most features a token; left out: as many as pass. */
  readonly topK?: number | undefined
}

export function buildEncoder(encoder: Encoder): Graph {
  const { bias, dModel, scale, shift, threshold, topK, W_enc, width } = encoder
  const g = new GraphBuilder("sae")
  const parameter = (key: string, from: Parameter, shape: ReadonlyArray<number>): Value =>
    from instanceof Float32Array ? g.constant(from, shape) : g.external(key, ElementType.float32, shape, from)
  const activations = g.input(names.activations, ElementType.float32, ["N", dModel])
  let { normed: x } = normalise(g, encoder.normalisation, activations, dModel)
  if (shift !== undefined) x = g.op("Sub", [x, g.constant(shift, [dModel])])
  let pre = g.op("MatMul", [x, parameter("W_enc", W_enc, [dModel, width])])
  if (scale !== undefined) pre = g.op("Mul", [pre, g.constant(scale, [width])])
  pre = g.op("Add", [pre, parameter("bias", bias, [width])])
  // Asked so that a NaN, which is neither above nor below, comes out as one: it must not look like a silent feature.
  const zero = g.scalar(0)
  let silent = g.op("LessOrEqual", [pre, zero])
  if (threshold !== undefined) {
    silent = g.op("Or", [g.op("LessOrEqual", [pre, parameter("threshold", threshold, [width])]), silent])
  }
  if (topK !== undefined && topK < width)
    silent = g.op("Or", [g.op("Less", [pre, largestOf(g, pre, g.ints(topK))]), silent])
  g.output(names.features, g.op("Where", [silent, zero, pre]), ["N", width])
  return g.build()
}
