/** What a probe makes of a text's activations without those of some tokens. */
import type { Probe } from "../../words/Probe.ts"

export class ProbeSpans {
  /** Of all tokens. */
  readonly logit: number
  readonly #bias: number
  readonly #tokens: number
  readonly #width: number
  /** What tokens before each one add to the sum that the mean is of. */
  readonly #sums: Float64Array
  /** Weights of the largest, if the probe has any, and what is largest before each token, and from each token on. */
  readonly #most:
    | { readonly weights: Float32Array; readonly before: Float32Array; readonly from: Float32Array }
    | undefined

  /** @param rows `[tokens, width]` */
  constructor({ bias, pooling, weights }: Probe, rows: Float32Array) {
    const width = weights.length / pooling.length
    this.#bias = bias
    this.#width = width
    this.#tokens = rows.length / width
    const of = (kind: "mean" | "max"): Float32Array | undefined => {
      const at = pooling.indexOf(kind)
      return at < 0 ? undefined : Float32Array.from(weights.slice(at * width, (at + 1) * width))
    }
    this.#sums = sumsBefore(of("mean") ?? new Float32Array(width), rows)
    const most = of("max")
    this.#most = most && { weights: most, before: largest(rows, width, 1), from: largest(rows, width, -1) }
    this.logit = this.logitWithout(0, 0)
  }

  /** The logit of the tokens before `from` and from `to` on. */
  logitWithout(from: number, to: number): number {
    const left = this.#tokens - (to - from)
    if (left === 0) return this.#bias
    const sum = this.#sums[this.#tokens]! - (this.#sums[to]! - this.#sums[from]!)
    return this.#bias + sum / left + this.#mostWithout(from, to)
  }

  #mostWithout(from: number, to: number): number {
    if (this.#most === undefined) return 0
    const { before, from: behind, weights } = this.#most
    let sum = 0
    for (let i = 0; i < this.#width; i++) {
      sum += weights[i]! * Math.max(before[from * this.#width + i]!, behind[to * this.#width + i]!)
    }
    return sum
  }
}

function sumsBefore(weights: Float32Array, rows: Float32Array): Float64Array {
  const width = weights.length
  const sums = new Float64Array(rows.length / width + 1)
  for (let token = 0; token + 1 < sums.length; token++) {
    let sum = sums[token]!
    for (let i = 0; i < width; i++) sum += weights[i]! * rows[token * width + i]!
    sums[token + 1] = sum
  }
  return sums
}

/** `[tokens + 1, width]`: each column's largest of the rows before a token, or, backwards, from it on; below all of none. */
function largest(rows: Float32Array, width: number, step: 1 | -1): Float32Array {
  const tokens = rows.length / width
  const all = new Float32Array((tokens + 1) * width).fill(-Infinity)
  for (let n = 0; n < tokens; n++) {
    const token = step === 1 ? n : tokens - 1 - n
    const [known, next] = step === 1 ? [token, token + 1] : [token + 1, token]
    for (let i = 0; i < width; i++) {
      all[next * width + i] = Math.max(all[known * width + i]!, rows[token * width + i]!)
    }
  }
  return all
}
