/**
 * Rotary position embedding (Su et al., "RoFormer", arXiv 2104.09864) as tables of cosines and sines, in the half-split
 * form of Gemma. They are inputs of the graph, made for the positions that are needed: for all 131,072 of a long context
 * they would take hundreds of megabytes.
 */
import type { LayerKind, ModelConfig, Rotary } from "./ModelConfig.ts"

/** Rows `[positions, headDim / 2]`, row by row. */
export interface RotaryTable {
  readonly cos: Float32Array
  readonly sin: Float32Array
}

/** The kinds of layers that have a rotary embedding of their own: one for both kinds where both have the same. */
export const rotaryKinds = ({ rotary: { full, sliding } }: Pick<ModelConfig, "rotary">): ReadonlyArray<LayerKind> =>
  full.base === sliding.base && full.factor === sliding.factor ? ["full"] : ["full", "sliding"]

/** Whose table a layer of this kind reads. */
export const rotaryKindOf = (config: Pick<ModelConfig, "rotary">, kind: LayerKind): LayerKind =>
  rotaryKinds(config).includes(kind) ? kind : "full"

/** Positions that are added to a table at least. */
const growth = 512

/** One model's tables. They grow with the longest sequence, and serve all sequences. */
export class RotaryTables {
  readonly #config: Pick<ModelConfig, "contextLength" | "headDim" | "rotary">
  readonly #tables = new Map<LayerKind, RotaryTable>()
  #positions = 0

  constructor(config: Pick<ModelConfig, "contextLength" | "headDim" | "rotary">) {
    this.#config = config
  }

  /** The rows of the positions `from .. to - 1` for each of {@link rotaryKinds}: views, not copies. */
  rows(from: number, to: number): ReadonlyMap<LayerKind, RotaryTable> {
    this.#reach(to)
    const half = this.#config.headDim / 2
    const cut = (table: Float32Array): Float32Array => table.subarray(from * half, to * half)
    return new Map([...this.#tables].map(([kind, { cos, sin }]) => [kind, { cos: cut(cos), sin: cut(sin) }]))
  }

  #reach(positions: number): void {
    if (positions <= this.#positions) return
    const { contextLength, headDim, rotary } = this.#config
    const most = Math.max(positions, Math.min(contextLength, Math.max(positions + growth, 2 * this.#positions)))
    for (const kind of rotaryKinds(this.#config)) {
      this.#tables.set(kind, extend(this.#tables.get(kind), rotary[kind], headDim / 2, this.#positions, most))
    }
    this.#positions = most
  }
}

function extend(
  table: RotaryTable | undefined,
  { base, factor }: Rotary,
  half: number,
  from: number,
  to: number,
): RotaryTable {
  const cos = new Float32Array(to * half)
  const sin = new Float32Array(to * half)
  if (table !== undefined) {
    cos.set(table.cos)
    sin.set(table.sin)
  }
  // Rounded to float32 where transformers rounds: the angle of a far position depends on it.
  const frequencies = Float32Array.from({ length: half }, (_, i) => Math.fround(1 / base ** (i / half)) / factor)
  for (let position = from; position < to; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!)
      cos[position * half + i] = Math.cos(angle)
      sin[position * half + i] = Math.sin(angle)
    }
  }
  return { cos, sin }
}
