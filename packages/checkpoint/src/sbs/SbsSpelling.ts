/** How gemma.cpp's files (`gemma/tensor_info.cc`) spell and lay out what the architectures' tables name. */
import type { TensorSpec } from "@facet/sdk/folders"

/** What of a model's shape the layout depends on. */
export interface Heads {
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
}

/** Some rows of a tensor in the file, and where they go in those of the table. */
export interface Run {
  /** Of the tensor in the file. */
  readonly row: number
  readonly count: number
  /** Where the first of them begins, counted from the first row that was asked for. */
  readonly toRow: number
  readonly toColumn: number
}

/** A tensor of the table, as a file has it. */
export interface SbsPlace {
  /** gemma.cpp's name. */
  readonly name: string
  readonly rows: number
  readonly columns: number
  /** The rows of the file that hold rows `first` to `first + count` of the table. */
  readonly runs: (first: number, count: number) => ReadonlyArray<Run>
}

const shared: Readonly<Record<string, string>> = {
  "model.embed_tokens": "c_embedding",
  "model.norm": "c_final_norm",
  input_layernorm: "pre_att_ns",
  post_attention_layernorm: "post_att_ns",
  pre_feedforward_layernorm: "pre_ff_ns",
  post_feedforward_layernorm: "post_ff_ns",
  "self_attn.q_norm": "query_norm",
  "self_attn.k_norm": "key_norm",
  "mlp.down_proj": "linear_w",
}

/**
 * Where a file may have a tensor of the table, the usual way first: exporters have stacked some, and some not.
 *
 * Queries are by heads, and below them, or in a tensor of their own, keys and values in turns, a head each. What comes out of
 * the heads is `[rows, heads * width]`, or a matrix `[rows, width]` for each head, one below the other.
 */
export function sbsPlaces(spec: TensorSpec, { headDim, heads, kvHeads }: Heads): ReadonlyArray<SbsPlace> {
  const [, layer, rest = spec.name] = /^model\.layers\.(\d+)\.(.+)$/.exec(spec.name) ?? []
  const suffix = layer === undefined ? "" : `_${layer}`
  const { columns, rows } = spec
  const place = (name: string, own: number, runs: SbsPlace["runs"]): SbsPlace => ({
    name: name + suffix,
    rows: own,
    columns,
    runs,
  })
  const queries = heads * headDim
  const keysAndValues = 2 * kvHeads * headDim
  const whole = shared[rest]
  if (whole !== undefined) return [place(whole, rows, shifted(0))]
  switch (rest) {
    case "self_attn.q_proj":
      return [place("qkv_ein", queries + keysAndValues, shifted(0)), place("qkv1_w", queries, shifted(0))]
    case "self_attn.k_proj":
      return [
        place("qkv_ein", queries + keysAndValues, inTurns(queries, headDim, 0)),
        place("qkv2_w", keysAndValues, inTurns(0, headDim, 0)),
      ]
    case "self_attn.v_proj":
      return [
        place("qkv_ein", queries + keysAndValues, inTurns(queries, headDim, 1)),
        place("qkv2_w", keysAndValues, inTurns(0, headDim, 1)),
      ]
    case "self_attn.o_proj":
      return [
        { name: `att_ein${suffix}`, rows: heads * rows, columns: headDim, runs: byHeads(heads, rows, headDim) },
        place("att_w", rows, shifted(0)),
      ]
    case "mlp.gate_proj":
      return [place("gating_ein", 2 * rows, shifted(0)), place("gating1_w", rows, shifted(0))]
    case "mlp.up_proj":
      return [place("gating_ein", 2 * rows, shifted(rows)), place("gating2_w", rows, shifted(0))]
    default:
      throw new Error(`gemma.cpp's name of ${spec.name} is in no table`)
  }
}

const shifted =
  (by: number): SbsPlace["runs"] =>
  (first, count) => [{ row: by + first, count, toRow: 0, toColumn: 0 }]

/** Every second head, from `turn` on. */
const inTurns =
  (start: number, headDim: number, turn: 0 | 1): SbsPlace["runs"] =>
  (first, count) => {
    const runs: Array<Run> = []
    for (let row = first; row < first + count;) {
      const head = Math.floor(row / headDim)
      const end = Math.min(first + count, (head + 1) * headDim)
      runs.push({
        row: start + (2 * head + turn) * headDim + (row - head * headDim),
        count: end - row,
        toRow: row - first,
        toColumn: 0,
      })
      row = end
    }
    return runs
  }

/** A matrix for each head, side by side. */
const byHeads =
  (heads: number, rows: number, headDim: number): SbsPlace["runs"] =>
  (first, count) =>
    Array.from({ length: heads }, (_, head) => ({
      row: head * rows + first,
      count,
      toRow: 0,
      toColumn: head * headDim,
    }))

/** Beginnings of the names of what is no part of a text model (`gemma/tensor_info.cc`, of the vision tower). */
export const sbsVision = [
  "enc_norm_",
  "img_",
  "mm_embed_norm",
  "attn_out_",
  "q_ein_",
  "k_ein_",
  "v_ein_",
  "qkv_ein_w",
  "qkv_ein_b",
  "linear_0_",
  "linear_1_",
  "ln_0_",
  "ln_1_",
]
