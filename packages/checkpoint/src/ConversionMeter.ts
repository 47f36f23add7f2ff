import { callHook } from "@facet/sdk/words"
import type { Checkpoint } from "./Checkpoint.ts"
import { rowBytes, type Shard } from "./layOutShards.ts"
import type { Piece } from "./PieceWriter.ts"

/** How far the work is. */
export interface ConvertProgress {
  /** The tensor that was written last. */
  readonly tensor: string
  /** Of the weights that are written. */
  readonly loadedBytes: number
  readonly totalBytes: number
  /** Undefined until it can be guessed. */
  readonly secondsLeft: number | undefined
}

type OnProgress = ((progress: ConvertProgress) => void) | undefined

/** Tells how far the work is. */
export class ConversionMeter {
  readonly #checkpoint: Checkpoint
  readonly #onProgress: OnProgress
  readonly #totalBytes: number
  readonly #totalWeights: number
  readonly #start = performance.now()
  #bytes = 0
  #weights = 0

  constructor(checkpoint: Checkpoint, shards: ReadonlyArray<Shard>, onProgress: OnProgress) {
    const outputs = shards.flatMap((shard) => shard.outputs)
    this.#checkpoint = checkpoint
    this.#onProgress = onProgress
    this.#totalBytes = shards.reduce((sum, { layout }) => sum + layout.size - layout.header.length, 0)
    this.#totalWeights = outputs.reduce((sum, { spec }) => sum + spec.rows * spec.columns, 0)
  }

  add({ count, packing, source }: Piece): void {
    const spec = this.#checkpoint.tensors[source]?.spec
    const onProgress = this.#onProgress
    if (spec === undefined) return
    const { scale, weight } = rowBytes(spec, packing)
    this.#bytes += count * (scale + weight)
    this.#weights += count * spec.columns
    const seconds = (performance.now() - this.#start) / 1000
    const secondsLeft = seconds < 0.5 ? undefined : (seconds / this.#weights) * (this.#totalWeights - this.#weights)
    const progress = { tensor: spec.name, loadedBytes: this.#bytes, totalBytes: this.#totalBytes, secondsLeft }
    if (onProgress !== undefined) callHook("onProgress", () => onProgress(progress))
  }
}
