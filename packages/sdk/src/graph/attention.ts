/**
 * Attention over a key-value buffer, in two forms that give the same numbers.
 *
 * - `fused`: ONNX Runtime's GroupQueryAttention, which CPU and wasm run fast and rightly; the formula for a few tokens.
 * - `decomposed`: the formula operator by operator. WebGPU's GroupQueryAttention ignores a soft-cap without a word.
 *
 * Source: Gemma 2 report (arXiv 2408.00118), section 2, and transformers' `modeling_gemma2.py`.
 */
import { type LayerKind, layerKind, layerKinds, type ModelConfig } from "./ModelConfig.ts"
import { ElementType, type GraphBuilder, type Value } from "./Onnx.ts"
import { rotaryKindOf, rotaryKinds } from "./Rotary.ts"

export type AttentionKind = "fused" | "decomposed"

/** What a model's attention is computed by: GroupQueryAttention turns heads of a multiple of 16 numbers alone. */
export const attentionKind = (wanted: AttentionKind, { headDim }: Pick<ModelConfig, "headDim">): AttentionKind =>
  headDim % 16 === 0 ? wanted : "decomposed"

/**
 * Names of the graph's inputs that attention reads. Those of a kind are there for each of `layerKinds`: sliding layers may
 * hold the last rows only, so `P` is the rows that the buffers of a kind hold, and `capacity` is that kind's, too.
 */
export const names = {
  /** Fused only. int64 `[1]`: `P`. */
  pastLength: (kind: LayerKind) => `${kind}_past_length`,
  /** Fused only. int32 `[1]`: `P + S`. */
  totalLength: (kind: LayerKind) => `${kind}_total_length`,
  /** Fused only. int32 `[1]`: `P + S - 1`. */
  lastSlot: (kind: LayerKind) => `${kind}_last_slot`,
  /** Fused only. int64 `[1, S]`: where the new tokens stand in the text. */
  positions: "positions",
  /**
   * float32 `[1, 1, S, capacity + S]`, 0 where a new token sees a slot of the buffer or another new token, and a very
   * negative number where it does not. Fused: of one row where there are more new tokens, the fused operator attends.
   */
  mask: (kind: LayerKind, lane = 0) => ofLane(`${kind}_mask`, lane),
  /**
   * float32 `[positions, headDim / 2]`: fused, of the positions from 0 to at least that of the last new token; decomposed,
   * of the `S` new ones. Of each of `rotaryKinds`.
   */
  cos: (kind: LayerKind) => `${kind}_cos`,
  sin: (kind: LayerKind) => `${kind}_sin`,
  /** float32 `[1, kvHeads, capacity, headDim]` a layer, and of each lane. */
  pastKey: (layer: number, lane = 0) => ofLane(`past_key.${layer}`, lane),
  pastValue: (layer: number, lane = 0) => ofLane(`past_value.${layer}`, lane),
  /**
   * With lanes. int64 `[1]`: 0 where all new tokens are one sequence's; 1 where the first of two is, and the second is
   * company; 2 or as many as the graph has lanes where so many sequences have one token each.
   */
  lanes: "lanes",
} as const

/** The first lane is what a run of one sequence reads. */
const ofLane = (name: string, lane: number): string => (lane === 0 ? name : `${name}.${lane}`)

/** Projections of the new tokens, before rotation: `[1, S, heads * headDim]` and `[1, S, kvHeads * headDim]`. */
export interface Projections {
  readonly query: Value
  readonly key: Value
  readonly value: Value
}

/** What a layer's attention gives. */
export interface Attended {
  /** The heads' outputs, concatenated: `[1, S, heads * headDim]`. */
  readonly z: Value
  /** The new rows, keys rotated: `[1, kvHeads, S, headDim]`. */
  readonly newKey: Value
  readonly newValue: Value
}

export type Attend = (layer: number, projections: Projections) => Attended

/** Adds the inputs to a graph, and gives what makes a layer's attention out of its projections. */
export const attention = (g: GraphBuilder, config: ModelConfig, { kind, lanes }: AttentionOptions): Attend =>
  kind === "fused" ? fused(g, config, lanes) : decomposed(g, config)

export interface AttentionOptions {
  readonly kind: AttentionKind
  /** Sequences that a run can give a token each; 1 where it takes one sequence alone. Fused only. */
  readonly lanes: number
}

/** Cosines and sines. */
interface Table {
  readonly cos: Value
  readonly sin: Value
}

/** The inputs with cosines and sines, for a layer of either kind. */
function rotary(g: GraphBuilder, config: ModelConfig): (layer: number) => Table {
  const shape = ["positions", config.headDim / 2]
  const tables = new Map(
    rotaryKinds(config).map((kind) => [
      kind,
      {
        cos: g.input(names.cos(kind), ElementType.float32, shape),
        sin: g.input(names.sin(kind), ElementType.float32, shape),
      },
    ]),
  )
  return (layer: number) => {
    const table = tables.get(rotaryKindOf(config, layerKind(config, layer)))
    if (table === undefined) throw new Error(`layer ${layer} has no rotary embedding`)
    return table
  }
}

function past(g: GraphBuilder, { headDim, kvHeads }: ModelConfig, layer: number, lane = 0) {
  const shape = [1, kvHeads, lane === 0 ? "capacity" : `capacity_${lane}`, headDim]
  return {
    key: g.input(names.pastKey(layer, lane), ElementType.float32, shape),
    value: g.input(names.pastValue(layer, lane), ElementType.float32, shape),
  }
}

function fused(g: GraphBuilder, config: ModelConfig, lanes: number): Attend {
  const positions = g.input(names.positions, ElementType.int64, [1, "S"])
  const kinds = new Map(
    layerKinds(config).map((kind) => [
      kind,
      {
        past: g.input(names.pastLength(kind), ElementType.int64, [1]),
        total: g.input(names.totalLength(kind), ElementType.int32, [1]),
        last: g.input(names.lastSlot(kind), ElementType.int32, [1]),
        seen: g.input(names.mask(kind), ElementType.float32, [1, 1, `${kind}_rows`, `${kind}_slots`]),
        // Where nothing is forgotten, a token's slot is its position.
        positions: kind === "sliding" ? [positions] : [],
      },
    ]),
  )
  const table = rotary(g, config)
  const count = g.op("Shape", [positions], { attributes: { start: 1, end: 2 } })
  const isAlone = g.op("Equal", [count, g.ints(1)])
  const attend = attendEach(g, config, positions)
  const few = byFormula(g, config, positions)
  // Made before the branches, which share them.
  const slots = new Map([...kinds].map(([kind, { seen }]) => [kind, slotsOf(g, seen, count)]))
  const running = lanes === 1 ? undefined : runningLanes(g)
  const others = otherLanes(g, config, lanes)
  return (layer, projections) => {
    const { key, query, value } = projections
    const before = past(g, config, layer)
    const turns = table(layer)
    const { cos, sin } = turns
    const kind = kinds.get(layerKind(config, layer))
    const inBuffer = slots.get(layerKind(config, layer))
    if (kind === undefined || inBuffer === undefined) throw new Error(`layer ${layer} is of no kind`)
    const newRows = (present: Value): Value => {
      const end = g.op("Cast", [kind.total], { attributes: { to: ElementType.int64 } })
      return g.op("Slice", [present, kind.past, end, g.ints(2)])
    }
    const together = (): ReadonlyArray<Value> => {
      const [z, presentKey, presentValue] = g.opMany(
        "GroupQueryAttention",
        [query, key, value, before.key, before.value, kind.last, kind.total, cos, sin, ...kind.positions],
        [true, true, true],
        {
          domain: "com.microsoft",
          attributes: {
            num_heads: config.heads,
            kv_num_heads: config.kvHeads,
            scale: { float: config.queryPreAttnScalar ** -0.5 },
            softcap: { float: config.attnLogitSoftcap ?? 0 },
            // Counts the keys that a query sees, itself included; -1 is all.
            local_window_size: layerKind(config, layer) === "sliding" ? config.slidingWindow : -1,
            do_rotary: 1,
            rotary_interleaved: 0,
          },
        },
      ) as [Value, Value, Value]
      return [z, newRows(presentKey), newRows(presentValue)]
    }
    const ofOneSequence = () =>
      g.choose(inBuffer.isMask, () => few(projections, before, turns, inBuffer.seen), together)
    const own: Buffered = { ...before, slots: inBuffer }
    const ofMany = (buffers: ReadonlyArray<Buffered>) => {
      const all = () => attend(projections, buffers, turns)
      if (running === undefined || buffers.length === 2) return all()
      return g.choose(running.areTwo, () => attend(projections, buffers.slice(0, 2), turns), all)
    }
    const [z, newKey, newValue] = (
      running === undefined
        ? g.choose(isAlone, () => attend(projections, [own], turns), ofOneSequence)
        : g.choose(
            running.isOne,
            () => attend(projections, [own], turns, true),
            () => g.choose(running.areMany, () => ofMany([own, ...others(layer)]), ofOneSequence),
          )
    ) as [Value, Value, Value]
    return { z, newKey, newValue }
  }
}

function runningLanes(g: GraphBuilder): { readonly isOne: Value; readonly areTwo: Value; readonly areMany: Value } {
  const count = g.input(names.lanes, ElementType.int64, [1])
  return {
    isOne: g.op("Equal", [count, g.ints(1)]),
    areTwo: g.op("Equal", [count, g.ints(2)]),
    areMany: g.op("Greater", [count, g.ints(1)]),
  }
}

/** The buffers of all lanes but the first, whose are those of a run of one sequence. */
function otherLanes(g: GraphBuilder, config: ModelConfig, lanes: number): (layer: number) => ReadonlyArray<Buffered> {
  const others = Array.from({ length: lanes - 1 }, (_, i) => i + 1)
  const one = g.ints(1)
  const slots = new Map(
    layerKinds(config).map((kind) => [
      kind,
      others.map((lane) => {
        const mask = g.input(names.mask(kind, lane), ElementType.float32, [1, 1, 1, `${kind}_slots_${lane}`])
        return slotsOf(g, mask, one)
      }),
    ]),
  )
  return (layer) =>
    (slots.get(layerKind(config, layer)) ?? []).map((slots, i) => ({ ...past(g, config, layer, i + 1), slots }))
}

/** What one new token sees: its mask, and how many slots of the buffer and of new tokens that has. */
interface Slots {
  readonly seen: Value
  readonly parts: Value
  /** Whether the mask is one of so many new tokens. */
  readonly isMask: Value
}

function slotsOf(g: GraphBuilder, seen: Value, count: Value): Slots {
  const all = g.op("Shape", [seen], { attributes: { start: 3, end: 4 } })
  const rows = g.op("Shape", [seen], { attributes: { start: 2, end: 3 } })
  return {
    seen,
    parts: g.op("Concat", [g.op("Sub", [all, g.ints(1)]), g.ints(1)], { attributes: { axis: 0 } }),
    isMask: g.op("Equal", [rows, count]),
  }
}

/** Keys and values of a layer, and what one new token sees of them. */
interface Buffered {
  readonly key: Value
  readonly value: Value
  readonly slots: Slots
}

type AttendEach = (
  projections: Projections,
  buffers: ReadonlyArray<Buffered>,
  table: Table,
  hasCompany?: boolean,
) => ReadonlyArray<Value>

/**
 * Attention of sequences that have one new token each. GroupQueryAttention copies all of a layer's keys and values in each
 * run, which costs more than reading them; with one row of queries the formula costs little operator by operator.
 *
 * Each attends by itself, with the operators and in the shapes that it would have alone, so that its rows are the same bits
 * in any company. With company, the rows of one sequence are the first of two, and the others stand for nothing.
 */
function attendEach(g: GraphBuilder, config: ModelConfig, positions: Value): AttendEach {
  const { attnLogitSoftcap, headDim, heads, kvHeads, queryPreAttnScalar } = config
  const cap = attnLogitSoftcap ?? 1
  const scale = { float: queryPreAttnScalar ** -0.5 / cap }
  const shape = {
    queries: g.ints(-1, kvHeads, heads / kvHeads, headDim),
    row: g.ints(-1, kvHeads, 1, headDim),
    z: g.ints(1, -1, heads * headDim),
  }
  const capped = g.scalar(cap)
  const first = [g.ints(0), g.ints(1), g.ints(0)]
  const scores = (queries: Value, keys: Value): Value =>
    g.op("FusedMatMul", [queries, keys], { domain: "com.microsoft", attributes: { transB: 1, alpha: scale } })
  const joined = (values: ReadonlyArray<Value>): Value =>
    values.length === 1 ? (values[0] ?? "") : g.op("Concat", values, { attributes: { axis: 0 } })
  const each = (x: Value, count: number): ReadonlyArray<Value> =>
    count === 1
      ? [x]
      : g.opMany(
          "Split",
          [x],
          Array.from({ length: count }, () => true),
          { attributes: { axis: 0, num_outputs: count } },
        )

  // A product of one row reads the values as they lie; of the two rows of a group it would copy them first.
  const mixedValues = (weights: Value, values: Value): Value => {
    const one = g.op("MatMul", [g.op("Unsqueeze", [weights, g.ints(3)]), g.op("Unsqueeze", [values, g.ints(2)])])
    return g.op("Squeeze", [one, g.ints(3)])
  }

  /** The mixed values of what is in the buffer, and the weight of the token itself. */
  const ofBuffer = (queries: Value, onItself: Value, { key, slots, value }: Buffered): readonly [Value, Value] => {
    const scaled = g.op("Concat", [scores(queries, key), onItself], { attributes: { axis: 3 } })
    const score = attnLogitSoftcap === null ? scaled : g.op("Mul", [g.op("Tanh", [scaled]), capped])
    const weights = g.op("Softmax", [g.op("Add", [score, slots.seen])], { attributes: { axis: -1 } })
    const [onPast, onNew] = g.opMany("Split", [weights, slots.parts], [true, true], {
      attributes: { axis: 3 },
    }) as [Value, Value]
    return [mixedValues(onPast, value), onNew]
  }

  return ({ key, query, value }, buffers, { cos, sin }, hasCompany = false) => {
    const rotated = (x: Value, count: number): Value =>
      g.op("RotaryEmbedding", [x, positions, cos, sin], {
        domain: "com.microsoft",
        attributes: { interleaved: 0, num_heads: count },
      })
    const rows = (x: Value, to: Value): Value => {
      const all = g.op("Reshape", [x, to])
      return hasCompany ? g.op("Slice", [all, ...first]) : all
    }
    const queries = rows(rotated(query, heads), shape.queries)
    const newKey = rows(rotated(key, kvHeads), shape.row)
    const newValue = rows(value, shape.row)
    const [asked, onItself] = [queries, scores(queries, newKey)].map((x) => each(x, buffers.length))
    const parts = buffers.map((buffer, i) => ofBuffer(asked?.[i] ?? "", onItself?.[i] ?? "", buffer))
    const mixed = g.op("Add", [
      joined(parts.map(([onPast]) => onPast)),
      g.op("Mul", [joined(parts.map(([, onNew]) => onNew)), newValue]),
    ])
    const z = g.op("Reshape", [hasCompany ? joined([mixed, mixed]) : mixed, shape.z])
    return [z, ...[newKey, newValue].map((x) => (buffers.length === 1 ? x : sideBySide(g, x)))]
  }
}

/** `[S, kvHeads, 1, headDim]` to `[1, kvHeads, S, headDim]`. */
const sideBySide = (g: GraphBuilder, rows: Value): Value =>
  g.op("Transpose", [rows], { attributes: { perm: [2, 1, 0, 3] } })

function decomposed(g: GraphBuilder, config: ModelConfig): Attend {
  const masks = new Map(
    layerKinds(config).map((kind) => [
      kind,
      g.input(names.mask(kind), ElementType.float32, [1, 1, "S", `${kind}_slots`]),
    ]),
  )
  const table = rotary(g, config)
  // The tables begin with the first of the new positions.
  const attend = byFormula(g, config, g.ints(0))
  return (layer, projections) => {
    const seen = masks.get(layerKind(config, layer))
    if (seen === undefined) throw new Error(`layer ${layer} is of no kind`)
    const [z, newKey, newValue] = attend(projections, past(g, config, layer), table(layer), seen)
    return { z, newKey, newValue }
  }
}

/** What a layer's attention reads beside its projections. */
type Formula = (
  projections: Projections,
  before: { readonly key: Value; readonly value: Value },
  table: Table,
  seen: Value,
) => readonly [z: Value, newKey: Value, newValue: Value]

/** @param positions where the new tokens stand in the tables of cosines and sines: the first of them, or each. */
function byFormula(g: GraphBuilder, config: ModelConfig, positions: Value): Formula {
  const { attnLogitSoftcap, headDim, heads, kvHeads, queryPreAttnScalar } = config
  /** `[1, S, count * headDim]` to `[1, count, S, headDim]`. */
  const split = (x: Value, count: number): Value =>
    g.op("Transpose", [g.op("Reshape", [x, g.ints(1, -1, count, headDim)])], { attributes: { perm: [0, 2, 1, 3] } })
  const rotated = (x: Value, count: number, { cos, sin }: Table): Value =>
    g.op("RotaryEmbedding", [x, positions, cos, sin], {
      domain: "com.microsoft",
      attributes: { interleaved: 0, num_heads: count },
    })
  const swapped = (x: Value): Value => g.op("Transpose", [x], { attributes: { perm: [0, 1, 3, 2] } })

  /** Scaled, capped scores of the buffer's slots, then of the new tokens: `[1, kvHeads, group * S, capacity + S]`. */
  const scores = (query: Value, pastKey: Value, newKey: Value): Value => {
    // Turning the few queries and scores spares turning the long buffer.
    const queries = swapped(query)
    const both = g.op("Concat", [g.op("MatMul", [pastKey, queries]), g.op("MatMul", [newKey, queries])], {
      attributes: { axis: 2 },
    })
    const scale = queryPreAttnScalar ** -0.5
    const scaled = g.op("Mul", [swapped(both), g.scalar(Math.fround(scale / (attnLogitSoftcap ?? 1)))])
    return attnLogitSoftcap === null ? scaled : g.op("Mul", [g.op("Tanh", [scaled]), g.scalar(attnLogitSoftcap)])
  }

  /** `[1, kvHeads, group * S, capacity + S]`, the number of rows left to be found. */
  const shapeOfGroups = (seen: Value): Value => {
    const slots = g.op("Shape", [seen], { attributes: { start: 3, end: 4 } })
    return g.op("Concat", [g.ints(1, kvHeads, -1), slots], { attributes: { axis: 0 } })
  }

  return ({ key, query, value }, before, table, seen) => {
    const newKey = split(rotated(key, kvHeads, table), kvHeads)
    const newValue = split(value, kvHeads)
    // Heads of one group share keys, so they stand below each other, as more rows of queries.
    const grouped = g.op("Reshape", [split(rotated(query, heads, table), heads), g.ints(1, kvHeads, -1, headDim)])
    const byHead = g.op("Reshape", [
      scores(grouped, before.key, newKey),
      g.op("Concat", [g.ints(1, heads), g.op("Shape", [seen], { attributes: { start: 2, end: 4 } })], {
        attributes: { axis: 0 },
      }),
    ])
    const weights = g.op("Softmax", [g.op("Add", [byHead, seen])], { attributes: { axis: -1 } })
    const capacity = g.op("Shape", [before.key], { attributes: { start: 2, end: 3 } })
    const byGroup = g.op("Reshape", [weights, shapeOfGroups(seen)])
    const onPast = g.op("Slice", [byGroup, g.ints(0), capacity, g.ints(3)])
    const onNew = g.op("Slice", [byGroup, capacity, g.ints(Number.MAX_SAFE_INTEGER), g.ints(3)])
    const mixed = g.op("Add", [g.op("MatMul", [onPast, before.value]), g.op("MatMul", [onNew, newValue])])
    const joined = g.op("Transpose", [g.op("Reshape", [mixed, g.ints(1, heads, -1, headDim)])], {
      attributes: { perm: [0, 2, 1, 3] },
    })
    return [g.op("Reshape", [joined, g.ints(1, -1, heads * headDim)]), newKey, newValue]
  }
}

/** What a masked slot gets added to its score: far below any score, so that nothing of it is left after softmax. */
const never = -1e9

/**
 * The mask of a run: `[tokens, capacity + tokens]`, row by row. See {@link names}.
 *
 * @param window keys that a token sees, itself included.
 */
export function makeMask(
  window: number,
  run: { readonly past: number; readonly tokens: number; readonly capacity: number },
): Float32Array {
  const { capacity, past: before, tokens } = run
  const width = capacity + tokens
  const mask = new Float32Array(tokens * width).fill(never)
  for (let row = 0; row < tokens; row++) {
    const at = row * width
    const first = Math.max(0, before + row - window + 1)
    mask.fill(0, at + Math.min(first, before), at + before)
    mask.fill(0, at + capacity + Math.max(0, first - before), at + capacity + row + 1)
  }
  return mask
}
