/** A checkpoint with a LoRA merged into its weights, as they are read. */
import { headName, type TensorSpec } from "@facet/sdk/folders"
import type { Checkpoint, CheckpointTensor } from "../Checkpoint.ts"
import { type Adapter, type Change, openAdapter, type Product } from "./openAdapter.ts"

/**
 * The checkpoint as its adapter changes it: W + scale * B A.
 *
 * Where the embedding is the output head, too, an adapter that changes one of the two parts them: both are there then, as
 * the adapted model computes.
 *
 * Rejects as {@link openAdapter} does.
 */
export async function mergeAdapter(checkpoint: Checkpoint, folder: string): Promise<Checkpoint> {
  const adapter = await openAdapter(folder, checkpoint.model)
  const bases = [...checkpoint.tensors, ...headOf(checkpoint, adapter)]
  const tensors = bases.map((base) => {
    const change = adapter.changes.get(base.spec.name)
    return change === undefined ? base : changed(base, change, adapter)
  })
  return { ...checkpoint, tensors, warnings: [...checkpoint.warnings, ...adapter.warnings] }
}

function headOf({ tensors }: Checkpoint, { changes }: Adapter): ReadonlyArray<CheckpointTensor> {
  const embedding = tensors.find(({ spec }) => spec.kind === "embedding")
  const isTied = tensors.every(({ spec }) => spec.name !== headName)
  if (!isTied || embedding === undefined) return []
  if (!changes.has(headName) && !changes.has(embedding.spec.name)) return []
  return [{ ...embedding, spec: { ...embedding.spec, name: headName, kind: "matrix" } }]
}

function changed(base: CheckpointTensor, { product, replacement }: Change, adapter: Adapter): CheckpointTensor {
  const { spec } = base
  const matrices = product === undefined ? undefined : onceRead(product, spec, adapter)
  return {
    spec,
    encoding: base.encoding,
    measured: base.measured,
    read: async (first, count) => {
      const values =
        replacement === undefined
          ? await base.read(first, count)
          : await adapter.read(replacement, first * spec.columns, count * spec.columns)
      if (matrices !== undefined) addProduct(values, await matrices(), first, count, spec)
      return values
    },
  }
}

interface Matrices {
  /** `[rank, columns]`. */
  readonly down: Float32Array
  /** Of row `row`: at `row * rowStep + k * rankStep`. */
  readonly up: Float32Array
  readonly rowStep: number
  readonly rankStep: number
  readonly rank: number
  readonly scale: number
}

/** The matrices of a product, once for all pieces of its tensor, and given up when memory is short. */
function onceRead(product: Product, spec: TensorSpec, adapter: Adapter): () => Promise<Matrices> {
  let held: WeakRef<Matrices> | undefined
  return async () => {
    const matrices = held?.deref() ?? (await readMatrices(product, spec, adapter))
    held = new WeakRef(matrices)
    return matrices
  }
}

async function readMatrices(product: Product, { columns, rows }: TensorSpec, adapter: Adapter): Promise<Matrices> {
  const { down, isOfEmbedding, rank, scale, up } = product
  const [a, b] = await Promise.all([
    adapter.read(down, 0, rank * (isOfEmbedding ? rows : columns)),
    adapter.read(up, 0, rank * (isOfEmbedding ? columns : rows)),
  ])
  if (!isOfEmbedding) return { down: a, up: b, rowStep: rank, rankStep: 1, rank, scale }
  // An embedding's matrices stand the other way round: a row of it is scale * B a, a column of A.
  return { down: transposed(b, columns, rank), up: a, rowStep: 1, rankStep: rows, rank, scale }
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(matrix.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = matrix[row * columns + column]!
  }
  return turned
}

/** Adds `count` rows of the product from row `first` on, summed up in f64. */
function addProduct(values: Float32Array, matrices: Matrices, first: number, count: number, { columns }: TensorSpec) {
  const { down, rank, rankStep, rowStep, scale, up } = matrices
  const sums = new Float64Array(columns)
  for (let row = 0; row < count; row++) {
    sums.fill(0)
    for (let k = 0; k < rank; k++) {
      const factor = up[(first + row) * rowStep + k * rankStep]!
      const at = k * columns
      for (let column = 0; column < columns; column++) sums[column]! += factor * down[at + column]!
    }
    const at = row * columns
    for (let column = 0; column < columns; column++) values[at + column]! += scale * sums[column]!
  }
}
