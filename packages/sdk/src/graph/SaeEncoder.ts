/**
 * The encoder of a JumpReLU sparse autoencoder as an ONNX graph over its own `params.npz`.
 *
 * `pre = x @ W_enc + b_enc`, `f = pre > threshold ? relu(pre) : 0`, strictly, feature by feature. There is no
 * subtraction of `b_dec` and no normalisation: Gemma Scope folded both into the parameters.
 *
 * Source: Gemma Scope (arXiv 2408.05147), section 2 and appendix A.
 */
import { ElementType, type FileSlice, type Graph, GraphBuilder } from "./Onnx.ts"

export const names = {
  /** float32 `[N, dModel]`. */
  activations: "activations",
  /** float32 `[N, width]`: zero where a feature is silent, NaN where a number that it is made of is one. */
  features: "features",
} as const

/** Where an encoder's parameters lie in their file, all float32. */
export interface SaeParameters {
  /** Width of the model's activations that it reads. */
  readonly dModel: number
  /** Features. */
  readonly width: number
  /** `W_enc` [dModel, width], `b_enc` and `threshold` [width]. */
  readonly arrays: Readonly<Record<"W_enc" | "b_enc" | "threshold", Pick<FileSlice, "offset" | "length">>>
}

/** Parameters that are no plain part of a file: they become part of the graph. */
export type SaeValues = Readonly<Record<keyof SaeParameters["arrays"], Float32Array>>

/** The encoder of the autoencoder in `from`: a path relative to the folder that the session is opened over, or values. */
export function buildEncoder(sae: SaeParameters, from: string | SaeValues): Graph {
  const g = new GraphBuilder("sae")
  const x = g.input(names.activations, ElementType.float32, ["N", sae.dModel])
  const parameter = (key: keyof SaeParameters["arrays"], shape: ReadonlyArray<number>) =>
    typeof from === "string"
      ? g.external(key, ElementType.float32, shape, { ...sae.arrays[key], file: from })
      : g.constant(from[key], shape)
  const pre = g.op("Add", [
    g.op("MatMul", [x, parameter("W_enc", [sae.dModel, sae.width])]),
    parameter("b_enc", [sae.width]),
  ])
  // Asked so that a NaN, which is neither above nor below, comes out as one: it must not look like a silent feature.
  const zero = g.scalar(0)
  const silent = g.op("Or", [
    g.op("LessOrEqual", [pre, parameter("threshold", [sae.width])]),
    g.op("LessOrEqual", [pre, zero]),
  ])
  g.output(names.features, g.op("Where", [silent, zero, pre]), ["N", sae.width])
  return g.build()
}
