/** Probes: linear classifiers on what a model makes of a text on its way. */
import { checkKnown, checkOneOf, checkUnicode, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"

/** How the rows of a text become one row: each column's mean, each column's largest. */
export const poolings = ["mean", "max"] as const
export type Pooling = (typeof poolings)[number]

/**
 * What stands around a text that is read: nothing; the turns of a chat, as a model that writes has them while it writes; or the
 * beginning of the prompt in which a ShieldGemma is asked, up to the guideline. Activations differ with it, and so a probe reads in the
 * frame in which it was trained.
 */
export const probeFrames = ["raw", "chat", "shield"] as const
export type ProbeFrame = (typeof probeFrames)[number]

/**
 * A logistic regression on a text's pooled residual stream: plain data. `<bos>` is not pooled, as it has activations far beyond
 * all others, and the same for every text.
 */
export interface Probe {
  /** Whose activations it reads: those of the model that writes, or of the one that judges. */
  readonly of: "text" | "guard"
  /** The fingerprint of that model. Weights mean nothing in any other. */
  readonly model: string
  /** Default `raw`: the text alone, `<bos>` first. What is written while a probe reads along is in a chat whatever this says. */
  readonly frame?: ProbeFrame | undefined
  readonly site: "resid_post"
  /** From 0. */
  readonly layer: number
  readonly pooling: ReadonlyArray<Pooling>
  /** As many as the residual stream is wide, for each pooling in its order. */
  readonly weights: ReadonlyArray<number>
  readonly bias: number
  /** What the guideline's own logit, log(P(Yes) / P(No)), counts beside: the guard is then asked, too. Left out, it is not. */
  readonly guideline?: number | undefined
}

/** Pools rows as they come: a few at a time as a text grows, or all at once. */
export class Pool {
  readonly #sums: Float64Array
  readonly #most: Float32Array
  #rows = 0

  /** @param width of a row. */
  constructor(width: number) {
    this.#sums = new Float64Array(width)
    this.#most = new Float32Array(width)
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows
  }

  /**
   * @param rows `[rows, width]`, row by row.
   * @param from the first row that counts: 1 where the first is `<bos>`.
   */
  add(rows: Float32Array, from = 0): void {
    const width = this.#sums.length
    for (let start = from * width; start < rows.length; start += width) {
      const isFirst = this.#rows === 0
      for (let i = 0; i < width; i++) {
        const value = rows[start + i]!
        this.#sums[i]! += value
        if (isFirst || value > this.#most[i]!) this.#most[i] = value
      }
      this.#rows++
    }
  }

  /** `[pooling, width]`; zeros when there are no rows. */
  features(pooling: ReadonlyArray<Pooling> = poolings): Float32Array<ArrayBuffer> {
    const width = this.#sums.length
    const features = new Float32Array(pooling.length * width)
    for (const [i, kind] of pooling.entries()) {
      if (kind === "max") features.set(this.#most, i * width)
      else
        features.set(
          this.#sums.map((sum) => sum / Math.max(1, this.#rows)),
          i * width,
        )
    }
    return features
  }
}

/**
 * The logit of P(violation), without the guideline's part.
 *
 * @param features what {@link Pool.features} gave for the probe's pooling.
 */
export function probeLogit({ bias, weights }: Pick<Probe, "bias" | "weights">, features: Float32Array): number {
  let logit = bias
  for (const [i, weight] of weights.entries()) logit += weight * (features[i] ?? 0)
  return logit
}

const fields = ["of", "model", "frame", "site", "layer", "pooling", "weights", "bias", "guideline"]

/** @throws InvalidRequestError with the path of what is wrong with it. */
export function checkProbe(option: string, given: unknown): void {
  checkKnown(given, fields, option)
  // Its fields are checked one by one.
  const { bias, frame, guideline, layer, model, of, pooling, site, weights } = given as Partial<Probe>
  const refuse = (field: string, value: unknown, remedy: string) =>
    invalidRequest(`${option}.${field}`, `${show(value)} is not valid`, remedy)
  checkOneOf(`${option}.of`, of ?? null, ["text", "guard"])
  checkUnicode(`${option}.model`, model)
  checkOneOf(`${option}.frame`, frame, probeFrames)
  checkOneOf(`${option}.site`, site ?? null, ["resid_post"])
  if (!Number.isInteger(layer) || layer! < 0) throw refuse("layer", layer, "Use a whole number of at least 0.")
  if (!Array.isArray(pooling) || pooling.length === 0 || new Set(pooling).size < pooling.length) {
    throw refuse("pooling", pooling, 'Use ["mean", "max"], or one of them.')
  }
  for (const [i, kind] of pooling.entries()) checkOneOf(`${option}.pooling[${i}]`, kind ?? null, poolings)
  if (!Array.isArray(weights) || weights.length === 0 || weights.length % pooling.length > 0) {
    throw invalidRequest(`${option}.weights`, "it is no list of weights, as many for each pooling", "Train it again.")
  }
  const wrong = weights.findIndex((weight) => !Number.isFinite(weight))
  if (wrong >= 0) throw refuse(`weights[${wrong}]`, weights[wrong], "Use finite numbers.")
  if (!Number.isFinite(bias)) throw refuse("bias", bias, "Use a finite number.")
  if (guideline !== undefined && !Number.isFinite(guideline))
    throw refuse("guideline", guideline, "Use a finite number.")
}
