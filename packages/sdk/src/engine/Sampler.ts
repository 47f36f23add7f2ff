/**
 * Choosing the next token out of a row of logits.
 *
 * The order is fixed, as in transformers: repetition penalty, presence and frequency penalty, logit bias; then, unless
 * greedy, temperature, top-k, top-p, min-p, and one random draw. Each filter sees the probabilities that the one before
 * left, scaled to sum to 1. Among equal logits the lowest token id comes first. Where only some tokens are allowed, the
 * others are taken out before the filters; which they are is asked of few likely ones first, as all of them cost more.
 */
import { RuntimeError } from "../words/Errors.ts"
import type { SamplingOptions } from "../words/Sampling.ts"
import { expOfNegative } from "./expOfNegative.ts"
import { argmax } from "./Logprobs.ts"
import { freshSeed, seededNoise, type StepNoise } from "./Noise.ts"
import type { TokenHistory } from "./TokenHistory.ts"

/** Chooses the tokens of one request. */
export interface Sampler {
  /**
   * Chooses a token, and gives its id. The caller notes it in the history.
   *
   * @param logits one row, `[vocabulary]`, f32; -Infinity masks a token. Written to meanwhile, unchanged afterwards.
   * @param history the tokens of this request so far.
   * @param allowed the tokens that may come, at least one; all where it is left out.
   * @throws RuntimeError when a logit is NaN or +Infinity, or when all are -Infinity.
   */
  sample(logits: Float32Array, history: TokenHistory, allowed?: AllowedTokens): number
}

/** Which tokens may come. */
export interface AllowedTokens {
  accepts(id: number): boolean
  /** All of them, as bits by their ids, 32 to a number. */
  mask(): Uint32Array
}

/** So many likely tokens are asked about one by one. */
const mostAsked = 8
/** Of so many times as many as a top-k takes, enough may be allowed. */
const spare = 4

/**
 * A sampler with noise of its own, so that other requests do not touch what it chooses. The options are those that
 * `checkSampling` let pass.
 */
export const makeSampler = (options: SamplingOptions = {}): Sampler => {
  const adjustment = new Adjustment(options)
  const temperature = options.temperature ?? 0
  const choose = temperature === 0 ? undefined : makeChooser(options, temperature)
  const masked = new MaskedRow()
  return {
    sample: (logits, history, allowed) => {
      const best = argmax(logits)
      const adjusted = adjustment.apply(logits, history)
      try {
        if (choose !== undefined) return choose(logits, allowed)
        if (allowed !== undefined) return likeliestOf(logits, allowed, masked)
        return adjusted ? argmax(logits) : best
      } finally {
        adjustment.undo(logits)
      }
    },
  }
}

/** The likeliest token that is allowed. */
function likeliestOf(logits: Float32Array, allowed: AllowedTokens, masked: MaskedRow): number {
  let row = logits
  for (let asked = 0; asked < mostAsked; asked++) {
    const id = argmax(row)
    if (allowed.accepts(id)) return id
    if (row === logits) row = masked.copy(logits)
    row[id] = -Infinity
  }
  return argmax(masked.of(logits, allowed.mask()))
}

/** A row of logits without those of the tokens that are not allowed; the buffer serves all tokens of a request. */
class MaskedRow {
  #row = new Float32Array(0)

  copy(logits: Float32Array): Float32Array {
    if (this.#row.length !== logits.length) this.#row = new Float32Array(logits.length)
    this.#row.set(logits)
    return this.#row
  }

  of(logits: Float32Array, mask: Uint32Array): Float32Array {
    const row = this.copy(logits)
    for (let word = 0; word < mask.length; word++) {
      const bits = mask[word]!
      const start = word * 32
      if (bits === 0) row.fill(-Infinity, start, start + 32)
      else if (bits !== 0xffffffff) {
        for (let bit = 0; bit < 32; bit++) if ((bits & (1 << bit)) === 0) row[start + bit] = -Infinity
      }
    }
    return row
  }
}

/** The penalties and the bias. They change few logits, so they are undone instead of copying the row. */
class Adjustment {
  readonly #repetition: number
  readonly #presence: number
  readonly #frequency: number
  readonly #biases: ReadonlyArray<readonly [id: number, bias: number]>
  readonly #changed: Array<number> = []
  readonly #before: Array<number> = []

  constructor(options: SamplingOptions) {
    this.#repetition = options.repetitionPenalty ?? 1
    this.#presence = options.presencePenalty ?? 0
    this.#frequency = options.frequencyPenalty ?? 0
    this.#biases = Object.entries(options.logitBias ?? {}).map(([id, bias]) => [Number(id), bias])
  }

  /** Changes the logits in place; whether it touched any. */
  apply(logits: Float32Array, history: TokenHistory): boolean {
    const penalises = this.#repetition !== 1 || this.#presence !== 0 || this.#frequency !== 0
    if (penalises) this.#penalise(logits, history)
    for (const [id, bias] of this.#biases) this.#change(logits, id, (logits[id] ?? 0) + bias)
    return this.#changed.length > 0
  }

  /** Puts the logits back as `apply` found them. */
  undo(logits: Float32Array): void {
    // Backwards, as a token may have changed twice.
    for (let i = this.#changed.length - 1; i >= 0; i--) logits[this.#changed[i]!] = this.#before[i]!
    this.#changed.length = 0
    this.#before.length = 0
  }

  #penalise(logits: Float32Array, history: TokenHistory): void {
    for (let slot = 0; slot < history.size; slot++) {
      const id = history.idAt(slot)
      const logit = logits[id] ?? 0
      const count = history.generatedAt(slot)
      const repeated = logit > 0 ? logit / this.#repetition : logit * this.#repetition
      const generated = count === 0 ? 0 : this.#presence + count * this.#frequency
      this.#change(logits, id, repeated - generated)
    }
  }

  #change(logits: Float32Array, id: number, value: number): void {
    const before = logits[id]
    if (before === undefined) return
    this.#changed.push(id)
    this.#before.push(before)
    logits[id] = value
  }
}

type Choose = (logits: Float32Array, allowed?: AllowedTokens) => number

const makeChooser = (options: SamplingOptions, temperature: number): Choose => {
  const topK = options.topK ?? 0
  const topP = options.topP ?? 1
  const minP = options.minP ?? 0
  const noise = seededNoise(options.seed ?? freshSeed())
  const candidates = new Candidates()
  const masked = new MaskedRow()
  let step = 0
  const draw = (logits: Float32Array, now: StepNoise) => {
    candidates.weigh(logits, temperature)
    if (topP < 1) candidates.keepNucleus(logits, topP)
    if (minP > 0) candidates.keepFrom(minP)
    return candidates.draw(now)
  }
  const drawOfAll = (logits: Float32Array, now: StepNoise) => {
    if (topK > 0 && topK < logits.length) candidates.takeBest(logits, topK)
    else candidates.takeAll(logits)
    return draw(logits, now)
  }
  return (logits, allowed) => {
    const now = noise(step++)
    if (allowed === undefined) return drawOfAll(logits, now)
    if (topK > 0) {
      if (candidates.takeBestOf(logits, topK, allowed)) return draw(logits, now)
    } else if (topP === 1 && minP === 0) {
      // Each token's clock is its own: what rings first of all rings first of those that are allowed, if it is.
      const id = drawOfAll(logits, now)
      if (allowed.accepts(id)) return id
    }
    return drawOfAll(masked.of(logits, allowed.mask()), now)
  }
}

/** The tokens that may be drawn, in the order of their ids. The buffers serve all tokens of a request. */
class Candidates {
  #count = 0
  #ids = new Int32Array(0)
  /** Probabilities relative to the most probable token, which has 1. */
  #weights = new Float64Array(0)
  /** Positions in `ids`, for the search of the nucleus. */
  #order = new Int32Array(0)

  /** All tokens that are not masked. */
  takeAll(logits: Float32Array): void {
    this.#reserve(logits.length)
    const ids = this.#ids
    let count = 0
    for (let i = 0; i < logits.length; i++) if (logits[i]! !== -Infinity) ids[count++] = i
    this.#count = count
  }

  /** The k most probable tokens, through a heap of k whose root is the least probable: O(n log k) at worst. */
  takeBest(logits: Float32Array, k: number): void {
    this.#reserve(k)
    const heap = this.#ids
    let count = 0
    let bar = -Infinity
    for (let i = 0; i < logits.length; i++) {
      const value = logits[i]!
      // At equality the token that is there has the lower id.
      if (value <= bar) continue
      if (count < k) {
        heap[count++] = i
        if (count < k) continue
        for (let parent = (k >> 1) - 1; parent >= 0; parent--) sink(heap, k, parent, logits)
      } else {
        heap[0] = i
        sink(heap, k, 0, logits)
      }
      bar = logits[heap[0]!]!
    }
    heap.subarray(0, count).sort()
    this.#count = count
  }

  /** The k most probable tokens that are allowed; whether as many were found among a few times as many. */
  takeBestOf(logits: Float32Array, k: number, allowed: AllowedTokens): boolean {
    if (k * spare >= logits.length) return false
    this.takeBest(logits, k * spare)
    const best = this.#ids.slice(0, this.#count).sort((a, b) => (isBetter(logits, a, b) ? -1 : 1))
    let count = 0
    for (let i = 0; i < best.length && count < k; i++) if (allowed.accepts(best[i]!)) this.#ids[count++] = best[i]!
    if (count < k) return false
    this.#ids.subarray(0, count).sort()
    this.#count = count
    return true
  }

  /** Sets the weights: exp((logit - max) / temperature). */
  weigh(logits: Float32Array, temperature: number): void {
    const ids = this.#ids
    const weights = this.#weights
    let max = -Infinity
    for (let i = 0; i < this.#count; i++) max = Math.max(max, logits[ids[i]!]!)
    for (let i = 0; i < this.#count; i++) weights[i] = expOfNegative((logits[ids[i]!]! - max) / temperature)
  }

  /** Top-p, or nucleus sampling (Holtzman et al., "The curious case of neural text degeneration", ICLR 2020). */
  keepNucleus(logits: Float32Array, p: number): void {
    const total = this.#total()
    // All tokens that are less probable than (1 - p) / n have less than 1 - p together, so the others reach p.
    this.keepFrom(((1 - p) * total) / this.#count)
    const last = this.#ids[this.#lastOfNucleus(logits, p * total)] ?? 0
    let count = 0
    for (let i = 0; i < this.#count; i++) if (!isBetter(logits, last, this.#ids[i]!)) this.#move(i, count++)
    this.#count = count
  }

  /** Keeps the tokens of at least this weight; the most probable one always. */
  keepFrom(weight: number): void {
    const weights = this.#weights
    const least = Math.min(1, weight)
    let count = 0
    for (let i = 0; i < this.#count; i++) if (weights[i]! >= least) this.#move(i, count++)
    this.#count = count
  }

  /**
   * Draws a token by its weight, as a race of exponential clocks: token i rings at E_i / w_i, E_i = -ln(1 - U_i), and
   * the first one is drawn. It is the Gumbel-max trick (Gumbel, "Statistical theory of extreme values", 1954; Maddison,
   * Tarlow and Minka, "A* sampling", NeurIPS 2014) without its logarithm a token.
   *
   * U_i hangs on the token alone, so logits that differ by a rounding error (a prefix from the cache, other chunks,
   * other rows beside them) move each clock by as little, and another token comes first only where two nearly tie. A
   * draw by cumulated weights would add the errors of all tokens before.
   */
  draw(noise: StepNoise): number {
    let first = Infinity
    let drawn = -1
    for (let i = 0; i < this.#count; i++) {
      const weight = this.#weights[i]!
      const id = this.#ids[i]!
      const upper = noise.upper(id)
      // E >= U, so most tokens are out of the race by a multiplication. A weight of 0 (it underflowed) always is.
      if (!(upper < first * weight * 0x100000000)) continue
      const time = -Math.log1p(-(upper * 0x200000 + noise.lower(id)) / 0x20000000000000) / weight
      if (time >= first) continue
      first = time
      drawn = id
    }
    if (drawn < 0) throw new RuntimeError({ operation: "Sampling", problem: "no token has a positive probability" })
    return drawn
  }

  #total(): number {
    let sum = 0
    for (let i = 0; i < this.#count; i++) sum += this.#weights[i]!
    return sum
  }

  #move(from: number, to: number): void {
    this.#ids[to] = this.#ids[from]!
    this.#weights[to] = this.#weights[from]!
  }

  /**
   * The position of the least probable token of the nucleus, by a quickselect (Hoare, "Algorithm 65: Find", CACM 1961)
   * that counts weights instead of elements: O(n) on average, without sorting.
   *
   * @param target the weight to reach.
   */
  #lastOfNucleus(logits: Float32Array, target: number): number {
    const order = this.#order
    const ids = this.#ids
    const weights = this.#weights
    for (let i = 0; i < this.#count; i++) order[i] = i
    let low = 0
    let high = this.#count
    let reached = 0
    while (high - low > 1) {
      // Candidates come in the order of ids, so the middle one is a fair pivot.
      swap(order, (low + high) >> 1, high - 1)
      const pivot = order[high - 1]!
      const pivotId = ids[pivot]!
      let border = low
      let better = 0
      for (let i = low; i < high - 1; i++) {
        const position = order[i]!
        if (!isBetter(logits, ids[position]!, pivotId)) continue
        better += weights[position]!
        swap(order, i, border++)
      }
      if (border > low && reached + better >= target) {
        high = border
        continue
      }
      swap(order, border, high - 1)
      reached += better + weights[pivot]!
      if (reached >= target || border + 1 === high) return pivot
      low = border + 1
    }
    return order[low] ?? 0
  }

  #reserve(capacity: number): void {
    if (this.#ids.length >= capacity) return
    this.#ids = new Int32Array(capacity)
    this.#weights = new Float64Array(capacity)
    this.#order = new Int32Array(capacity)
  }
}

/** Whether token `a` comes before token `b`: by logit, then by id. */
const isBetter = (logits: Float32Array, a: number, b: number): boolean => {
  const x = logits[a]!
  const y = logits[b]!
  return x > y || (x === y && a < b)
}

/** Restores the heap below a parent: each parent is no better than its children. */
const sink = (heap: Int32Array, size: number, from: number, logits: Float32Array): void => {
  let parent = from
  for (;;) {
    let child = 2 * parent + 1
    if (child >= size) return
    if (child + 1 < size && isBetter(logits, heap[child]!, heap[child + 1]!)) child++
    if (!isBetter(logits, heap[parent]!, heap[child]!)) return
    swap(heap, parent, child)
    parent = child
  }
}

const swap = (array: Int32Array, a: number, b: number): void => {
  const value = array[a]!
  array[a] = array[b]!
  array[b] = value
}
