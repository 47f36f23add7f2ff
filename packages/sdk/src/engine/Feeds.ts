/** What the decoder's graph is fed beside the weights: tokens, where they stand, what they attend to, what is read of them. */
import { Tensor } from "onnxruntime-common"
import { makeMask } from "../graph/attention.ts"
import { names, type Operators } from "../graph/Decoder.ts"
import { type LayerKind, layerKinds, type ModelConfig } from "../graph/ModelConfig.ts"
import { RotaryTables } from "../graph/Rotary.ts"
import type { Tensors } from "../runtime/Runtime.ts"
import type { Lane, Wanted } from "./Forward.ts"
import type { Interventions } from "./Interventions.ts"
import type { KeyValues } from "./KeyValues.ts"
import type { Openings } from "./ModelSession.ts"

/** Stands where no mask is read. */
const noMask = new Tensor("float32", new Float32Array(1), [1, 1, 1, 1])

const int64 = (values: ReadonlyArray<number>, shape: ReadonlyArray<number> = [values.length]) =>
  new Tensor("int64", BigInt64Array.from(values, BigInt), shape)
const int32 = (value: number) => new Tensor("int32", Int32Array.of(value), [1])

export interface FeedsOptions {
  readonly config: ModelConfig
  readonly attention: Operators["attention"]
  /** Sequences that a run can give a token each. */
  readonly lanes: number
  /** What lanes attend to that are nobody's. */
  readonly nobody: KeyValues
}

export class Feeds {
  readonly #config: ModelConfig
  readonly #attention: Operators["attention"]
  readonly #lanes: number
  readonly #nobody: KeyValues
  readonly #rotary: RotaryTables

  constructor({ attention, config, lanes, nobody }: FeedsOptions) {
    this.#config = config
    this.#attention = attention
    this.#lanes = lanes
    this.#nobody = nobody
    this.#rotary = new RotaryTables(config)
  }

  /** Those of a run of new tokens after those of one sequence, which has room for them. */
  ofRun(sequence: KeyValues, tokens: ReadonlyArray<number>, wanted: Wanted, openings: Openings): Tensors {
    const { candidates, few = false, interventions = sequence.interventions, rows = [] } = wanted
    const positions = Array.from(tokens, (_, i) => sequence.length + i)
    return {
      ...sequence.feeds,
      ...this.#position(sequence, tokens.length, few || tokens.length === 1),
      ...this.#interventions(interventions, positions, openings),
      ...this.#otherLanes(),
      [names.inputIds]: int64(tokens, [1, tokens.length]),
      ...rowFeeds(rows, candidates, openings),
    }
  }

  /**
   * Those of a run that gives sequences a token each.
   *
   * @param rows what the run's rows are: the lanes, and behind them some of the lanes once more.
   * @param attending how many of the graph's lanes are read beside the first.
   */
  ofLanes(lanes: ReadonlyArray<Lane>, rows: ReadonlyArray<Lane>, attending: number, openings: Openings): Tensors {
    const positions = rows.map(({ sequence }) => sequence.length)
    const [first] = rows
    return {
      ...this.#laneBuffers(lanes),
      // RotaryEmbedding wants a table of at least as many rows as it turns.
      ...this.#turns(0, Math.max(...positions, rows.length - 1) + 1),
      ...(first === undefined ? {} : this.#interventions(first.sequence.interventions, positions, openings)),
      ...rowFeeds(
        rows.map((_, row) => row),
        undefined,
        openings,
      ),
      [names.positions]: int64(positions, [1, rows.length]),
      [names.lanes]: int64([attending]),
      [names.inputIds]: int64(
        rows.map(({ token }) => token),
        [1, rows.length],
      ),
    }
  }

  /** What each lane attends to; those of nobody's attend to themselves. */
  #laneBuffers(lanes: ReadonlyArray<Lane>): Tensors {
    const feeds: Record<string, Tensor> = {}
    const kinds = layerKinds(this.#config)
    for (let lane = 0; lane < this.#lanes; lane++) {
      const sequence = lanes[lane]?.sequence ?? this.#nobody
      Object.assign(feeds, sequence.feedsOf(lane))
      for (const kind of kinds) feeds[names.mask(kind, lane)] = this.#mask(kind, sequence, 1)
    }
    for (const kind of kinds) {
      feeds[names.pastLength(kind)] = int64([0])
      feeds[names.totalLength(kind)] = int32(1)
      feeds[names.lastSlot(kind)] = int32(0)
    }
    return feeds
  }

  /** A run of one sequence reads nothing of the other lanes. */
  #otherLanes(): Tensors {
    if (this.#lanes === 1) return {}
    const feeds: Record<string, Tensor> = { [names.lanes]: int64([0]) }
    for (let lane = 1; lane < this.#lanes; lane++) {
      Object.assign(feeds, this.#nobody.feedsOf(lane))
      for (const kind of layerKinds(this.#config)) feeds[names.mask(kind, lane)] = noMask
    }
    return feeds
  }

  /**
   * What tells attention where the new tokens stand.
   *
   * @param isMasked whether the formula attends, which reads a mask, where there is a choice.
   */
  #position(sequence: KeyValues, tokens: number, isMasked: boolean): Tensors {
    const { length } = sequence
    const kinds = layerKinds(this.#config)
    if (this.#attention === "decomposed") {
      const masks = kinds.map((kind) => [names.mask(kind), this.#mask(kind, sequence, tokens)] as const)
      return { ...this.#turns(length, length + tokens), ...Object.fromEntries(masks) }
    }
    const feeds: Record<string, Tensor> = { ...this.#turns(0, length + tokens) }
    for (const kind of kinds) {
      const past = sequence.rows[kind]
      feeds[names.pastLength(kind)] = int64([past])
      feeds[names.totalLength(kind)] = int32(past + tokens)
      feeds[names.lastSlot(kind)] = int32(past + tokens - 1)
      feeds[names.mask(kind)] = isMasked ? this.#mask(kind, sequence, tokens) : noMask
    }
    feeds[names.positions] = int64(
      Array.from({ length: tokens }, (_, i) => length + i),
      [1, tokens],
    )
    return feeds
  }

  #mask(kind: LayerKind, sequence: KeyValues, tokens: number): Tensor {
    const capacity = sequence.capacity[kind]
    const window = kind === "sliding" ? this.#config.slidingWindow : Infinity
    const mask = makeMask(window, { past: sequence.rows[kind], tokens, capacity })
    return new Tensor("float32", mask, [1, 1, tokens, capacity + tokens])
  }

  /** Cosines and sines of the positions `from .. to - 1`. */
  #turns(from: number, to: number): Tensors {
    const shape = [to - from, this.#config.headDim / 2]
    const feeds: Record<string, Tensor> = {}
    for (const [kind, { cos, sin }] of this.#rotary.rows(from, to)) {
      feeds[names.cos(kind)] = new Tensor("float32", cos, shape)
      feeds[names.sin(kind)] = new Tensor("float32", sin, shape)
    }
    return feeds
  }

  /** At a site where this sequence has no intervention, but another may have one, zeros are added. */
  #interventions(interventions: Interventions, positions: ReadonlyArray<number>, { interventions: sites }: Openings) {
    const feeds: Record<string, Tensor> = {}
    for (const site of sites) {
      Object.assign(feeds, interventions.feedsAt(site, this.#config, positions))
    }
    return feeds
  }
}

/** Whether the head of single tokens is read, and not that of all. */
export const readsCandidates = (candidates: ReadonlyArray<number> | undefined, { heads }: Openings): boolean =>
  candidates !== undefined && heads.includes("candidates")

/** What each head reads. */
function rowFeeds(
  rows: ReadonlyArray<number>,
  candidates: ReadonlyArray<number> | undefined,
  openings: Openings,
): Tensors {
  const { heads } = openings
  const isFew = readsCandidates(candidates, openings)
  return {
    ...(heads.includes("vocabulary") && { [names.rows]: int64(isFew ? [] : rows) }),
    ...(heads.includes("candidates") && {
      [names.candidateRows]: int64(isFew ? rows : []),
      // No device is asked to look nothing up.
      [names.candidates]: int64(candidates === undefined || candidates.length === 0 ? [0] : candidates),
    }),
  }
}
