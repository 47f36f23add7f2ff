/**
 * Graphs that make, fill and move the buffers of a sequence's keys and values where JavaScript cannot reach them: on Node
 * ONNX Runtime leaves a graph's outputs on the graphics card and takes them as inputs, and that is all.
 *
 * Buffers and their kinds are in the order of `kvBuffers`.
 */
import { ElementType, type Graph, GraphBuilder } from "../graph/Onnx.ts"
import type { LayerKind } from "../graph/ModelConfig.ts"

/** Names of the graphs' inputs and outputs. */
export const kvNames = {
  /** float32: the buffer as it was. */
  past: (buffer: number) => `past.${buffer}`,
  /** float32: the same buffer afterwards. */
  present: (buffer: number) => `present.${buffer}`,
  /** float32 `[N, headDim]`: the rows that are written. */
  rows: (buffer: number) => `rows.${buffer}`,
  /** int64 `[N, 1]`: which rows of a buffer are written, all heads counted through. */
  slots: (kind: LayerKind) => `${kind}_slots`,
  /** int64 `[1]`: the first row that is kept, and the one after the last. */
  from: (kind: LayerKind) => `${kind}_from`,
  to: (kind: LayerKind) => `${kind}_to`,
  /** int64 `[3]`: the shape of the zeros after the kept rows. */
  rest: (kind: LayerKind) => `${kind}_rest`,
} as const

type Kinds = ReadonlyArray<LayerKind>

const sliced = ["kvHeads", "slots", "headDim"] as const
const flat = ["all_slots", "headDim"] as const

/** Buffers of zeros, of the shape `rest`. */
export function buildEmptyBuffers(kinds: Kinds): Graph {
  const g = new GraphBuilder("empty")
  const shapes = inputsOf(kinds, (kind) => g.input(kvNames.rest(kind), ElementType.int64, [3]))
  for (const [i, kind] of kinds.entries()) {
    g.output(kvNames.present(i), g.op("Expand", [g.scalar(0), shapes(kind)]), sliced)
  }
  return g.build()
}

/** Writes rows into buffers of `[kvHeads * capacity, headDim]`: in place, where a run is given the same buffer for its output. */
export function buildRowWriting(kinds: Kinds): Graph {
  const g = new GraphBuilder("write")
  const slots = inputsOf(kinds, (kind) => g.input(kvNames.slots(kind), ElementType.int64, ["N", 1]))
  for (const [i, kind] of kinds.entries()) {
    const past = g.input(kvNames.past(i), ElementType.float32, [`${kind}_slots_in_all`, "headDim"])
    const rows = g.input(kvNames.rows(i), ElementType.float32, ["N", "headDim"])
    g.output(kvNames.present(i), g.op("ScatterND", [past, slots(kind), rows]), flat)
  }
  return g.build()
}

/** Buffers of `[kvHeads, slots, headDim]` that begin with some rows of others. */
export function buildRowMoving(kinds: Kinds): Graph {
  const g = new GraphBuilder("move")
  const range = (name: (kind: LayerKind) => string, size: number) =>
    inputsOf(kinds, (kind) => g.input(name(kind), ElementType.int64, [size]))
  const [from, to, rest] = [range(kvNames.from, 1), range(kvNames.to, 1), range(kvNames.rest, 3)]
  for (const [i, kind] of kinds.entries()) {
    const past = g.input(kvNames.past(i), ElementType.float32, ["kvHeads", `${kind}_capacity`, "headDim"])
    const kept = g.op("Slice", [past, from(kind), to(kind), g.ints(1)])
    const zeros = g.op("Expand", [g.scalar(0), rest(kind)])
    g.output(kvNames.present(i), g.op("Concat", [kept, zeros], { attributes: { axis: 1 } }), sliced)
  }
  return g.build()
}

/** An input for each kind that there is. */
function inputsOf(kinds: Kinds, make: (kind: LayerKind) => string): (kind: LayerKind) => string {
  const inputs = new Map([...new Set(kinds)].map((kind) => [kind, make(kind)]))
  return (kind) => {
    const input = inputs.get(kind)
    if (input === undefined) throw new Error(`no buffer is of kind ${kind}`)
    return input
  }
}
