/** The tensors of a model folder: what there has to be, what there is, and how matrices are packed. */

/** Element types as safetensors spells them. */
export type Dtype =
  | "BOOL"
  | "U8"
  | "I8"
  | "F8_E5M2"
  | "F8_E4M3"
  | "U16"
  | "I16"
  | "F16"
  | "BF16"
  | "U32"
  | "I32"
  | "F32"
  | "U64"
  | "I64"
  | "F64"

/** One tensor's place in a file. */
export interface TensorLocation {
  /** The file's name in the folder. */
  readonly file: string
  readonly dtype: Dtype
  readonly shape: ReadonlyArray<number>
  /** Of the first byte, counted from the file's start. */
  readonly offset: number
  /** In bytes. */
  readonly length: number
  /** Where its file holds the same once more, laid out as a runtime multiplies it; for that runtime alone to read. */
  readonly laidOut?: ReadonlyArray<string>
}

/** Where tensors lie, by the names that the model's publisher gives them. */
export type TensorLocations = ReadonlyMap<string, TensorLocation>

/**
 * A row of an architecture's table of tensors.
 * - `embedding`: a matrix whose rows are looked up by token id; the output head, too, where there is no other;
 * - `matrix`: the weights of a linear layer without bias, `[rows, columns]`;
 * - `norm`: the gain of a norm, a vector of `columns`; `rows` is 1.
 */
export interface TensorSpec {
  /** Without `.weight`: `model.layers.0.mlp.gate_proj`. */
  readonly name: string
  readonly kind: "embedding" | "matrix" | "norm"
  readonly rows: number
  readonly columns: number
  /** Whether 4 bits cost more here than elsewhere: `q4-mixed` keeps 8. */
  readonly isSensitive?: true
}

/** Whether a quantiser packs it, and a runtime may lay it out anew. */
export const isMatrix = ({ kind }: TensorSpec): boolean => kind !== "norm"

/** How a matrix is quantised: blocks of `blockSize` weights along the input, one scale a block. */
export interface Quantization {
  readonly bits: 4 | 8
  readonly blockSize: number
}

/** What weights may be packed as. */
export const weightDtypes = ["q4", "q4-mixed", "q8", "int8", "f16", "f32"] as const
export type WeightDtype = (typeof weightDtypes)[number]

/** What becomes of weights that are not packed yet: whatever is best here, nothing, or what somebody asks for. */
export type WeightPacking = "auto" | "as-published" | WeightDtype

/** Plain weights of more bytes than this are packed, where nobody says otherwise: they would take up to twice that in memory. */
export const mostPlainBytes = 2 ** 30

/** The bits that a weight may be quantised to. */
export const quantizationBits = [4, 8] as const

/** The block sizes that ONNX Runtime's MatMulNBits takes. */
export const blockSizes: ReadonlyArray<number> = [16, 32, 64, 128, 256]

/**
 * How a matrix is packed, as the extents of its own tensors say: those of a folder may differ. `null`: it is plain.
 *
 * @param tensors where a quantised matrix has `X.weight` `[rows, blocks, blockBytes]` and `X.weight_scale` `[rows, blocks]`.
 * @returns undefined where the extents are those of no packing.
 */
export function quantizationOf(
  { columns, name }: Pick<TensorSpec, "columns" | "name">,
  tensors: TensorLocations,
): Quantization | null | undefined {
  const weight = tensors.get(`${name}.weight`)
  if (weight?.dtype !== "U8") return null
  const [, blocks = 0, blockBytes = 0] = weight.shape
  const blockSize = columns / blocks
  const bits = quantizationBits.find((known) => known * blockSize === 8 * blockBytes)
  return bits !== undefined && blockSizes.includes(blockSize) ? { bits, blockSize } : undefined
}

/**
 * The names of a linear layer's weights that are rounded to 8 bits, with one scale for each of its outputs: int8
 * `[columns, rows]`, as ONNX Runtime's integer products read them.
 */
export const int8Name = (name: string): string => `${name}.int8`
/** float32 `[rows]`: a weight is its scale times its integer. */
export const int8ScaleName = (name: string): string => `${name}.int8_scale`
