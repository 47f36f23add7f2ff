/**
 * A decoder as an ONNX graph, built for what is wanted. Which layers it has is its formula's affair; what a run takes and
 * gives is the same for all.
 *
 * One run takes `S` new tokens after `P` past ones. Past keys and values come from buffers that are longer than `P`;
 * only the new rows come out, so nothing that the caller already has is copied back.
 */
import { type Site, siteKey } from "../words/Site.ts"
import type { TensorLocations, TensorSpec } from "../words/Tensors.ts"
import { type Attend, attention, type AttentionKind, names as attentionNames } from "./attention.ts"
import { changeKey, type ChangeSite, changeOf } from "./SiteChange.ts"
import { headName, type ModelConfig, siteWidth } from "./ModelConfig.ts"
import { ElementType, type Graph, GraphBuilder, type Value } from "./Onnx.ts"
import { type Multiplication, type Rounding, Weights } from "./Weights.ts"

/**
 * What comes out at the end.
 * - `vocabulary`: logits over the whole vocabulary, at the positions given in `rows`;
 * - `candidates`: logits of the token ids given in `candidates` alone, at the positions given in `candidate_rows`: what a
 *   classifier needs, without the product with 256,000 rows.
 */
export type Head = "vocabulary" | "candidates"

/** Which of the operators that give the same numbers a device runs rightly and fast. */
export interface Operators {
  readonly attention: AttentionKind
  readonly multiplication: Multiplication
  readonly rounding: Rounding
}

/** What an architecture's layers compute. Every value is `[1, S, width]`. */
export interface Formula {
  /** The matrix that token ids are looked up in, and that makes the logits where the model has no head of its own. */
  readonly embedding: string
  /** The first layer's input, out of the rows of the embedding. */
  readonly enter: (g: DecoderGraph, rows: Value) => Value
  /** A layer's output. It says at each site what stands there: see {@link DecoderGraph.site}. */
  readonly layer: (g: DecoderGraph, x: Value, layer: number) => Value
  /** What the logits are made of, out of the last layer's output. */
  readonly leave: (g: DecoderGraph, x: Value) => Value
}

/** A model as the graph sees it. */
export interface DecoderModel {
  readonly config: ModelConfig
  readonly specs: ReadonlyArray<TensorSpec>
  readonly formula: Formula
  readonly tensors: TensorLocations
}

export interface DecoderOptions {
  readonly operators: Operators
  /** A run that names no rows for a head pays nothing for it. */
  readonly heads: ReadonlyArray<Head>
  /** Sites that a run may fetch, each under its {@link siteKey}: `[1, S, width]`. One that is not fetched is not copied. */
  readonly taps: ReadonlyArray<Site>
  /** Sites that a run can change, by default none: see `SiteChange.ts` for the inputs of each. */
  readonly interventions?: ReadonlyArray<ChangeSite> | undefined
  /** Sequences that a run can give a token each, by default one. Fused attention only. */
  readonly lanes?: number | undefined
}

/** Names of the graph's inputs and outputs. */
export const names = {
  /** int64 `[1, S]`: the new tokens. */
  inputIds: "input_ids",
  ...attentionNames,
  /** int64 `[R]`: which of the `S` positions the `vocabulary` head reads; may be empty. */
  rows: "rows",
  /** int64 `[Q]`: which the `candidates` head reads; may be empty. */
  candidateRows: "candidate_rows",
  /** int64 `[C]`: token ids for the `candidates` head. */
  candidates: "candidates",
  /**
   * float32 `[1, 2 * layers * kvHeads, S, headDim]`: the new rows; layer by layer, keys before values. A run of one lane gives
   * one row.
   */
  newKeyValues: "new_key_values",
  /** float32 `[1, R, vocabSize]`. */
  logits: "logits",
  /** float32 `[1, Q, C]`. */
  candidateLogits: "candidate_logits",
} as const

/** The decoder of a model. */
export function buildDecoder(model: DecoderModel, options: DecoderOptions): Graph {
  const g = new DecoderGraph(model, options)
  const { embedding, enter, layer, leave } = model.formula
  let x = enter(g, g.lookUp(embedding, g.tokens))
  for (let at = 0; at < model.config.layers; at++) x = layer(g, x, at)
  g.giveKeyValues()
  g.giveLogits((rows) => leave(g, rows), x)
  return g.build()
}

/** What formulas are made of: the operators of decoders, over the weights of one model. */
export class DecoderGraph {
  readonly config: ModelConfig
  /** The new tokens. */
  readonly tokens: Value
  readonly #graph = new GraphBuilder("decoder")
  readonly #model: DecoderModel
  readonly #options: DecoderOptions
  readonly #weights: Weights
  readonly #attend: Attend
  readonly #newKeyValues: Array<Value> = []
  /** What stands at the sites so far, by their keys. */
  readonly #standing = new Map<string, Value>()

  constructor(model: DecoderModel, options: DecoderOptions) {
    const { config, specs, tensors } = model
    const { lanes = 1, operators } = options
    this.config = config
    this.#model = model
    this.#options = options
    this.#weights = new Weights(this.#graph, {
      specs,
      tensors,
      multiplication: operators.multiplication,
      rounding: operators.rounding,
    })
    this.tokens = this.#graph.input(names.inputIds, ElementType.int64, [1, "S"])
    this.#attend = attention(this.#graph, config, { kind: operators.attention, lanes })
  }

  /** `x @ W.T`. */
  linear(x: Value, name: string): Value {
    return this.#weights.linear(x, name)
  }

  /** Rows of a matrix, by number. */
  lookUp(name: string, ids: Value): Value {
    return this.#weights.rows(ids, name)
  }

  times(x: Value, factor: number): Value {
    return this.#graph.op("Mul", [x, this.#graph.scalar(Math.fround(factor))])
  }

  add(a: Value, b: Value): Value {
    return this.#graph.op("Add", [a, b])
  }

  /** `1 + w`, for norms whose files hold the gain less one. */
  onePlus(name: string): Value {
    return this.#graph.op("Add", [this.#weights.vector(name), this.#graph.scalar(1)])
  }

  /** Root-mean-square norm over the last axis, times `gain`. */
  norm(x: Value, gain: Value): Value {
    return this.#graph.op("SimplifiedLayerNormalization", [x, gain], {
      attributes: { axis: -1, epsilon: { float: this.config.rmsNormEps } },
    })
  }

  /** The same over each of the heads that stand beside each other in `x`. */
  headNorm(x: Value, gain: Value): Value {
    const g = this.#graph
    // A zero keeps the axis as it is.
    const heads = g.op("Reshape", [x, g.ints(0, 0, -1, this.config.headDim)])
    return g.op("Reshape", [this.norm(heads, gain), g.ints(0, 0, -1)])
  }

  /** Adds `x` to the residual stream, and norms the sum: one operator for both. */
  addAndNorm(x: Value, residual: Value, gain: Value): { readonly sum: Value; readonly normed: Value } {
    const [normed, , , sum] = this.#graph.opMany(
      "SkipSimplifiedLayerNormalization",
      [x, residual, gain],
      [true, false, false, true],
      { domain: "com.microsoft", attributes: { epsilon: { float: this.config.rmsNormEps } } },
    ) as [Value, Value, Value, Value]
    return { sum, normed }
  }

  /** `gelu(gate) * up`, with the tanh form of GELU. */
  geluTimes(gate: Value, up: Value): Value {
    return this.#graph.op("Mul", [this.#graph.op("Gelu", [gate], { attributes: { approximate: "tanh" } }), up])
  }

  /** The heads' outputs, concatenated: `[1, S, heads * headDim]`. Queries and keys are turned here. */
  attend(layer: number, query: Value, key: Value, value: Value): Value {
    const { newKey, newValue, z } = this.#attend(layer, { query, key, value })
    this.#newKeyValues.push(newKey, newValue)
    return z
  }

  /** Says that `value` stands at a site, and gives what the model goes on with. */
  site(site: Site, value: Value): Value {
    const change = this.#changeAt(site, value)
    const result = change === undefined ? value : this.add(value, change)
    this.#stands(site, result)
    return result
  }

  /**
   * The same for a norm before its gain, which is computed for the site alone: the model goes on with `normed`, the norm
   * with its gain in one operator, and the change times the gain.
   */
  siteBeforeGain(
    site: Site,
    residual: Value,
    { gain, normed }: { readonly gain: Value; readonly normed: Value },
  ): Value {
    if (!this.#isAsked(site)) return normed
    const value = this.#normalised(residual)
    const change = this.#changeAt(site, value)
    this.#stands(site, change === undefined ? value : this.add(value, change))
    return change === undefined ? normed : this.add(normed, this.#graph.op("Mul", [change, gain]))
  }

  /** The norm without a gain. */
  #normalised(x: Value): Value {
    return this.norm(x, this.#graph.constant(new Float32Array(this.config.hiddenSize).fill(1)))
  }

  /** Whether a run may read the site, or change it. */
  #isAsked(site: Site): boolean {
    const { interventions = [], taps } = this.#options
    const read = interventions.map(({ layer, reads, site: own }): Site => ({ layer, site: reads ?? own }))
    return [taps, interventions, read].some((sites) => isOneOf(sites, site))
  }

  /** All that act at a site read what stood there before any of them acted. */
  #changeAt(site: Site, x: Value): Value | undefined {
    const all = (this.#options.interventions ?? []).filter((change) => siteKey(change) === siteKey(site))
    // In one order, so that a sum is the same bits in whatever order the session was opened for them.
    return all
      .toSorted((a, b) => Number(changeKey(a) > changeKey(b)) - Number(changeKey(a) < changeKey(b)))
      .map((change) => {
        const from = { layer: site.layer, site: change.reads ?? site.site }
        const read = from.site === site.site ? x : this.#standing.get(siteKey(from))
        if (read === undefined) throw new Error(`${siteKey(from)} does not stand before ${siteKey(site)}`)
        const [width, readWidth] = [siteWidth(this.config, site.site), siteWidth(this.config, from.site)]
        return changeOf(this.#graph, change, { x, width, read, readWidth })
      })
      .reduce<Value | undefined>((sum, change) => (sum === undefined ? change : this.add(sum, change)), undefined)
  }

  #stands(site: Site, value: Value): void {
    this.#standing.set(siteKey(site), value)
    if (!isOneOf(this.#options.taps, site)) return
    this.#graph.output(siteKey(site), value, [1, "S", siteWidth(this.config, site.site)])
  }

  giveKeyValues(): void {
    const { headDim, kvHeads, layers } = this.config
    this.#graph.output(names.newKeyValues, this.#graph.op("Concat", this.#newKeyValues, { attributes: { axis: 1 } }), [
      1,
      2 * layers * kvHeads,
      "new_rows",
      headDim,
    ])
  }

  /** @param leave makes the rows that are read into what the head multiplies. */
  giveLogits(leave: (rows: Value) => Value, x: Value): void {
    const g = this.#graph
    const { formula, specs } = this.#model
    const head = specs.some(({ name }) => name === headName) ? headName : formula.embedding
    const read = (rows: Value): Value => leave(g.op("Gather", [x, rows], { attributes: { axis: 1 } }))
    if (this.#options.heads.includes("vocabulary")) {
      const rows = g.input(names.rows, ElementType.int64, ["R"])
      g.output(names.logits, this.#softcap(this.linear(read(rows), head)), [1, "R", this.config.vocabSize])
    }
    if (!this.#options.heads.includes("candidates")) return
    const rows = g.input(names.candidateRows, ElementType.int64, ["Q"])
    const candidates = g.input(names.candidates, ElementType.int64, ["C"])
    const columns = g.op("Transpose", [this.lookUp(head, candidates)], { attributes: { perm: [1, 0] } })
    g.output(names.candidateLogits, this.#softcap(g.op("MatMul", [read(rows), columns])), [1, "Q", "C"])
  }

  build(): Graph {
    return this.#graph.build()
  }

  /** `cap * tanh(x / cap)`. */
  #softcap(logits: Value): Value {
    const cap = this.config.finalLogitSoftcap
    if (cap === null) return logits
    const g = this.#graph
    return g.op("Mul", [g.op("Tanh", [g.op("Div", [logits, g.scalar(cap)])]), g.scalar(cap)])
  }
}

const isOneOf = (sites: ReadonlyArray<Site> = [], site: Site): boolean =>
  sites.some((other) => siteKey(other) === siteKey(site))
