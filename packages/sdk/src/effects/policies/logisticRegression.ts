/** Logistic regression with an L2 penalty, as scikit-learn's `LogisticRegression(C)` on standardised columns. */
import type { Sliced } from "../../words/Sliced.ts"

/** Rows of numbers, each as long as the others. */
export interface Table {
  readonly rows: ReadonlyArray<Float32Array>
  readonly labels: ReadonlyArray<0 | 1>
}

export interface LinearModel {
  readonly weights: Float64Array
  readonly bias: number
}

export const scoreOf = ({ bias, weights }: LinearModel, row: Float32Array): number => {
  let score = bias
  for (let i = 0; i < weights.length; i++) score += weights[i]! * row[i]!
  return score
}

const mostSteps = 100
/** The penalised loss has a gradient of no more than this, per row, at the end. */
const tolerance = 1e-5
/** Pairs of steps that L-BFGS remembers. */
const memory = 8

/**
 * The weights for the columns as they are: what standardising does is folded in.
 *
 * @param c as in scikit-learn: the lower, the stronger the penalty.
 */
export function* logisticRegression({ labels, rows }: Table, c: number): Sliced<LinearModel> {
  const scale = scaleOf(rows)
  const width = scale.mean.length
  const columns = new Float64Array(rows.length * width)
  for (const [place, row] of rows.entries()) {
    for (let i = 0; i < width; i++) columns[place * width + i] = (row[i]! - scale.mean[i]!) / scale.deviation[i]!
  }
  yield
  const fitted = yield* minimise(width + 1, (at, gradient) => lossAt({ columns, labels, width, c }, at, gradient))
  const weights = fitted.slice(0, width).map((weight, i) => weight / scale.deviation[i]!)
  const bias = weights.reduce((sum, weight, i) => sum - weight * scale.mean[i]!, fitted[width]!)
  return { weights, bias }
}

interface Scale {
  readonly mean: Float64Array
  /** 1 for a column that does not vary. */
  readonly deviation: Float64Array
}

function scaleOf(rows: ReadonlyArray<Float32Array>): Scale {
  const width = rows[0]?.length ?? 0
  const mean = new Float64Array(width)
  const square = new Float64Array(width)
  for (const row of rows) for (let i = 0; i < width; i++) mean[i]! += row[i]! / rows.length
  for (const row of rows) for (let i = 0; i < width; i++) square[i]! += (row[i]! - mean[i]!) ** 2 / rows.length
  // What varies by rounding alone is no column to learn from.
  return { mean, deviation: square.map((value, i) => (value > 1e-12 * (1 + mean[i]! ** 2) ? Math.sqrt(value) : 1)) }
}

interface Problem {
  readonly columns: Float64Array
  readonly labels: ReadonlyArray<0 | 1>
  readonly width: number
  readonly c: number
}

/** The mean of the loss over the rows, the penalty shared among them; the bias, which stands last, goes unpenalised. */
function lossAt({ c, columns, labels, width }: Problem, at: Float64Array, gradient: Float64Array): number {
  gradient.fill(0)
  let loss = 0
  for (const [row, label] of labels.entries()) {
    const start = row * width
    let z = at[width]!
    for (let i = 0; i < width; i++) z += at[i]! * columns[start + i]!
    loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - label * z
    const off = 1 / (1 + Math.exp(-z)) - label
    for (let i = 0; i < width; i++) gradient[i]! += off * columns[start + i]!
    gradient[width]! += off
  }
  for (let i = 0; i < width; i++) {
    loss += at[i]! ** 2 / (2 * c)
    gradient[i]! += at[i]! / c
  }
  for (let i = 0; i <= width; i++) gradient[i]! /= labels.length
  return loss / labels.length
}

type Loss = (at: Float64Array, gradient: Float64Array) => number

interface Pair {
  readonly step: Float64Array
  readonly change: Float64Array
  readonly rho: number
}

/** L-BFGS with a backtracking line search (Nocedal and Wright, "Numerical Optimization", 2006, algorithms 7.4 and 3.1). */
function* minimise(size: number, loss: Loss): Sliced<Float64Array> {
  let at = new Float64Array(size)
  let gradient = new Float64Array(size)
  let value = loss(at, gradient)
  const pairs: Array<Pair> = []
  for (let round = 0; round < mostSteps && largest(gradient) > tolerance; round++) {
    yield
    const direction = descent(gradient, pairs)
    const slope = dot(direction, gradient)
    let length = 1
    let next = at
    let nextGradient = gradient
    let nextValue = value
    for (; length > 1e-8; length /= 2) {
      next = at.map((x, i) => x + length * direction[i]!)
      nextGradient = new Float64Array(size)
      nextValue = loss(next, nextGradient)
      if (nextValue <= value + 1e-4 * length * slope) break
    }
    if (nextValue >= value) break
    const step = next.map((x, i) => x - at[i]!)
    const change = nextGradient.map((x, i) => x - gradient[i]!)
    const curvature = dot(step, change)
    if (curvature > 1e-14) pairs.push({ step, change, rho: 1 / curvature })
    if (pairs.length > memory) pairs.shift()
    at = next
    gradient = nextGradient
    value = nextValue
  }
  return at
}

/** The two loops of L-BFGS. */
function descent(gradient: Float64Array, pairs: ReadonlyArray<Pair>): Float64Array {
  const direction = gradient.map((x) => -x)
  const shares: Array<number> = []
  for (const { change, rho, step } of pairs.toReversed()) {
    const share = rho * dot(step, direction)
    shares.push(share)
    for (let i = 0; i < direction.length; i++) direction[i]! -= share * change[i]!
  }
  const last = pairs.at(-1)
  const scale = last === undefined ? 1 : 1 / (last.rho * dot(last.change, last.change))
  for (let i = 0; i < direction.length; i++) direction[i]! *= scale
  for (const [i, { change, rho, step }] of pairs.entries()) {
    const share = (shares[pairs.length - 1 - i] ?? 0) - rho * dot(change, direction)
    for (let j = 0; j < direction.length; j++) direction[j]! += share * step[j]!
  }
  return direction
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)

const largest = (values: Float64Array): number => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
