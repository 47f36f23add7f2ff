/** How each matrix of a model is written: what the options ask for, matrix by matrix. */
import { InvalidRequestError } from "@facet/sdk/words"
import { headName, isMatrix, type Quantization, type TensorSpec } from "@facet/sdk/folders"
import type { Checkpoint, CheckpointTensor } from "./Checkpoint.ts"

/** What a matrix may be written as. */
export type Dtype = "q4" | "q8" | "int8" | "f16" | "f32"

/** What the matrices of a model may be written as: all the same, or most in 4 bits and those that suffer most in 8. */
export type ModelDtype = Dtype | "q4-mixed"

/** How many weights share a scale. */
export type Block = 32 | 64 | 128

export const dtypes: ReadonlyArray<Dtype> = ["q4", "q8", "int8", "f16", "f32"]
export const modelDtypes: ReadonlyArray<ModelDtype> = ["q4", "q4-mixed", "q8", "int8", "f16", "f32"]
export const blocks: ReadonlyArray<Block> = [32, 64, 128]

/** What is written where nothing is asked for: docs/models-and-quantisation.md has the tables that it was chosen from. */
export const usual = {
  dtype: "q4",
  block: 32,
  /** Of the embedding, where the rest has 4 bits. */
  embedding: "q8",
  /** In `q4-mixed`, of the matrices that the architecture names as sensitive. */
  sensitive: "q8",
  /** Of models with fewer weights than {@link fewWeights}. */
  ofFewWeights: "q8",
} as const satisfies Readonly<Record<string, Dtype | Block>>

/** So few weights have nothing to spare: in 4 bits they lose several times what larger models do. */
export const fewWeights = 1_000_000_000

export interface PackingOptions {
  /**
   * Of every matrix. Left out: what the source has packed in a layout of ours stays as it is, and the rest becomes `q4`, or
   * `q8` in a model of less than a billion weights. `q4-mixed` is `q4` with 8 bits for the matrices that 4 bits hurt most, which
   * the architecture's table names.
   */
  readonly dtype?: ModelDtype | undefined
  /** Of quantised matrices; it must divide their rows. Left out: 32. */
  readonly block?: Block | undefined
  /** Of the embedding; left out, `q8` where the other matrices are `q4` or `q4-mixed`, else as they are. */
  readonly embedding?: Dtype | undefined
  /** Of the output head; left out, as the embedding. Where both are one and differ, both are stored. */
  readonly head?: Dtype | undefined
}

/** How one tensor is written. */
export type Packing =
  /** 8 bits with a scale for each output of a layer. */
  | { readonly kind: "outputs" }
  | { readonly kind: "float"; readonly dtype: "F16" | "F32" }
  | {
      readonly kind: "blocks"
      readonly quantization: Quantization
      /** Whether the source has packed it in the same way: its bits are kept. */
      readonly isKept: boolean
    }

/** A tensor that is written. */
export interface Output {
  readonly spec: TensorSpec
  readonly packing: Packing
  /** The number of the source's tensor. */
  readonly source: number
}

/**
 * What a checkpoint's tensors become, in the order of its table.
 *
 * @throws InvalidRequestError for an option that is none of those above, and for blocks that do not divide a row.
 */
export function planOutputs({ tensors }: Checkpoint, options: PackingOptions): ReadonlyArray<Output> {
  checkOptions(options)
  const usualDtype = countWeights(tensors) < fewWeights ? usual.ofFewWeights : usual.dtype
  const outputs = tensors.map((tensor, source): Output => {
    const { spec } = tensor
    if (!isMatrix(spec)) return { spec, packing: { kind: "float", dtype: "F32" }, source }
    return { spec, packing: choosePacking(tensor, { ...options, dtype: dtypeOf(spec, options) }, usualDtype), source }
  })
  return [...outputs, ...headOf(tensors, outputs, options)]
}

const countWeights = (tensors: ReadonlyArray<CheckpointTensor>): number =>
  tensors.reduce((sum, { spec }) => sum + spec.rows * spec.columns, 0)

/** What is asked for a matrix; undefined: whatever is usual. */
function dtypeOf({ isSensitive, kind, name }: TensorSpec, options: PackingOptions): Dtype | undefined {
  const { embedding, head } = options
  const dtype = options.dtype === "q4-mixed" ? "q4" : options.dtype
  const isHead = name === headName
  if (kind !== "embedding" && !isHead) {
    return options.dtype === "q4-mixed" && isSensitive === true ? usual.sensitive : dtype
  }
  return (isHead ? head : undefined) ?? embedding ?? (dtype === "q4" ? usual.embedding : dtype)
}

/** A head of its own for a model whose embedding is the head, too, where it is to be packed in another way. */
function headOf(
  tensors: ReadonlyArray<CheckpointTensor>,
  outputs: ReadonlyArray<Output>,
  options: PackingOptions,
): ReadonlyArray<Output> {
  const embedding = outputs.find(({ spec }) => spec.kind === "embedding")
  const tensor = embedding === undefined ? undefined : tensors[embedding.source]
  const isTied = outputs.every(({ spec }) => spec.name !== headName)
  if (!isTied || options.head === undefined || embedding === undefined || tensor === undefined) return []
  const packing = choosePacking(tensor, { ...options, dtype: options.head }, options.head)
  if (isSame(packing, embedding.packing)) return []
  return [{ spec: { ...tensor.spec, name: headName, kind: "matrix" }, packing, source: embedding.source }]
}

function isSame(a: Packing, b: Packing): boolean {
  if (a.kind === "outputs") return b.kind === "outputs"
  if (a.kind === "float") return b.kind === "float" && a.dtype === b.dtype
  return (
    b.kind === "blocks" &&
    a.quantization.bits === b.quantization.bits &&
    a.quantization.blockSize === b.quantization.blockSize
  )
}

function choosePacking(
  { packed, spec }: CheckpointTensor,
  { block, dtype }: { readonly block?: Block | undefined; readonly dtype?: Dtype | undefined },
  usualDtype: Dtype,
): Packing {
  if (dtype === undefined && block === undefined && packed !== undefined) {
    return { kind: "blocks", quantization: packed.quantization, isKept: true }
  }
  const isPlainLayer = spec.kind !== "embedding" && spec.name !== headName
  const wanted = dtype ?? (usualDtype === "q4" && !isPlainLayer ? usual.embedding : usualDtype)
  // Rows of the embedding are looked up, which blocks allow.
  if (wanted === "int8" && spec.kind === "matrix") return { kind: "outputs" }
  if (wanted === "f16" || wanted === "f32") return { kind: "float", dtype: wanted === "f16" ? "F16" : "F32" }
  const quantization: Quantization = { bits: wanted === "q4" ? 4 : 8, blockSize: blockFor(spec, block) }
  const { bits, blockSize } = packed?.quantization ?? {}
  return { kind: "blocks", quantization, isKept: bits === quantization.bits && blockSize === quantization.blockSize }
}

/** The lookup of quantised rows reads whole blocks only. */
function blockFor({ columns, name }: TensorSpec, asked: Block | undefined): Block {
  const fitting = blocks.filter((block) => columns % block === 0)
  // As large as it may be, where the usual one does not fit.
  const usualOne = fitting.findLast((block) => block <= usual.block)
  const block = asked === undefined ? usualOne : fitting.find((one) => one === asked)
  if (block !== undefined) return block
  throw new InvalidRequestError({
    option: asked === undefined ? "dtype" : "block",
    problem: `blocks of ${asked ?? usual.block} do not divide the rows of ${name}, which have ${columns} weights`,
    remedy: fitting.length > 0 ? `Use one of ${fitting.join(", ")}.` : "Use f16 or f32.",
  })
}

function checkOptions({ block, dtype, embedding, head }: PackingOptions): void {
  checkDtype("dtype", dtype, modelDtypes)
  checkDtype("embedding", embedding, dtypes)
  checkDtype("head", head, dtypes)
  if (block === undefined || blocks.includes(block)) return
  throw new InvalidRequestError({
    option: "block",
    problem: `${JSON.stringify(block)} is none of ${blocks.join(", ")}`,
    remedy: "Use one of them.",
  })
}

function checkDtype(option: string, value: string | undefined, known: ReadonlyArray<string>): void {
  if (value === undefined || known.includes(value)) return
  throw new InvalidRequestError({
    option,
    problem: `${JSON.stringify(value)} is none of ${known.join(", ")}`,
    remedy: "Use one of them.",
  })
}

/** How most weights of the layers are packed, and where they are plain the embedding or the head; undefined where all are. */
export function usualQuantization(outputs: ReadonlyArray<Output>): Quantization | undefined {
  const ofLayers = outputs.filter(({ spec }) => spec.kind === "matrix" && spec.name !== headName)
  return mostCommon(ofLayers) ?? mostCommon(outputs)
}

function mostCommon(outputs: ReadonlyArray<Output>): Quantization | undefined {
  const weights = new Map<string, { readonly quantization: Quantization; count: number }>()
  for (const { packing, spec } of outputs) {
    if (packing.kind !== "blocks") continue
    const { bits, blockSize } = packing.quantization
    const key = `${bits} ${blockSize}`
    const entry = weights.get(key) ?? { quantization: { bits, blockSize }, count: 0 }
    entry.count += spec.rows * spec.columns
    weights.set(key, entry)
  }
  return [...weights.values()].sort((a, b) => b.count - a.count)[0]?.quantization
}
