/** How far a question's probabilities are from what is true, and what brings them nearer. */
import type { CalibrationReport } from "../words/Calibration.ts"
import { calibrationError } from "../words/calibrationError.ts"
import type { PlattCalibration, TemperatureCalibration } from "../words/Question.ts"
import type { ReadQuestion } from "../words/readQuestions.ts"
import { differenceOf, probabilitiesOf } from "./answerOf.ts"

type Fitted = PlattCalibration | TemperatureCalibration
type Method = "platt" | "temperature"

/** What a model made of an example, and what is right. */
export interface LabelledLogits {
  readonly logits: ReadonlyArray<number>
  /** For each option how far it is right: 1 for one, or parts for two levels that the label lies between. */
  readonly label: ReadonlyArray<number>
}

const mostFolds = 5

/** The calibration that makes the examples likeliest, and the error without it and with it. */
export function calibrationOf(
  { asked: { type } }: ReadQuestion,
  examples: ReadonlyArray<LabelledLogits>,
  method: Method,
): { readonly calibration: Fitted; readonly report: CalibrationReport } {
  const isBoolean = type === "boolean"
  const fit = isBoolean && method === "platt" ? fitPlatt : fitTemperature
  const before = examples.map(({ label, logits }) => ({ label, probabilities: probabilitiesOf(logits) }))
  const folds = Math.min(mostFolds, examples.length)
  const after = examples.map(({ label, logits }, i) => ({ label, probabilities: logits, fold: i % folds }))
  const fits = Array.from({ length: folds }, (_, fold) => fit(examples.filter((_, i) => i % folds !== fold)))
  const apart = after.map(({ fold, label, probabilities: logits }) => ({
    label,
    probabilities: probabilitiesOf(logits, fits[fold]),
  }))
  const error = isBoolean ? errorOfTrue : errorOfLikeliest
  return {
    calibration: fit(examples),
    report: { examples: examples.length, ece: { before: error(before), after: error(apart) } },
  }
}

interface Predicted {
  readonly probabilities: ReadonlyArray<number>
  readonly label: ReadonlyArray<number>
}

/** Of P(true), over all examples. */
const errorOfTrue = (examples: ReadonlyArray<Predicted>): number =>
  calibrationError(
    examples.map(({ label, probabilities }) => ({ probability: probabilities[0] ?? 0, outcome: label[0] ?? 0 })),
  )

/** Of the likeliest option's probability. */
const errorOfLikeliest = (examples: ReadonlyArray<Predicted>): number =>
  calibrationError(
    examples.map(({ label, probabilities }) => {
      const probability = Math.max(...probabilities)
      return { probability, outcome: label[probabilities.indexOf(probability)] ?? 0 }
    }),
  )

/** exp of these: a temperature beyond them says that the examples are all right or all wrong, and not by how much. */
const temperatureRange = { low: -3, high: 3 }

const golden = (Math.sqrt(5) - 1) / 2

/** By golden-section search: the likelihood has one maximum, as its logarithm is concave in 1 / temperature. */
function fitTemperature(examples: ReadonlyArray<LabelledLogits>): TemperatureCalibration {
  const at = (log: number) => ({ log, loss: meanLoss(examples, { temperature: Math.exp(log) }) })
  let { high, low } = temperatureRange
  let left = at(high - golden * (high - low))
  let right = at(low + golden * (high - low))
  while (high - low > 1e-4) {
    if (left.loss <= right.loss) {
      high = right.log
      right = left
      left = at(high - golden * (high - low))
    } else {
      low = left.log
      left = right
      right = at(low + golden * (high - low))
    }
  }
  return { temperature: Math.exp((low + high) / 2) }
}

/** The mean of -log P(label), in nats. */
function meanLoss(examples: ReadonlyArray<LabelledLogits>, calibration: Fitted): number {
  const losses = examples.map(({ label, logits }) => {
    const probabilities = probabilitiesOf(logits, calibration)
    return label.reduce(
      (sum, weight, i) =>
        weight === 0 ? sum : sum - weight * Math.log(Math.max(probabilities[i] ?? 0, Number.MIN_VALUE)),
      0,
    )
  })
  return losses.reduce((sum, loss) => sum + loss, 0) / examples.length
}

/**
 * Logistic regression on the model's own logit by Newton's method, towards targets a little within 0 and 1, so that examples
 * that fall apart without an error do not make it infinite (Platt, 1999; Lin, Lin and Weng, 2007).
 */
function fitPlatt(examples: ReadonlyArray<LabelledLogits>): PlattCalibration {
  const positives = examples.filter(({ label }) => label[0] === 1).length
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (examples.length - positives + 2)
  const rows = examples.map(({ label, logits }) => ({
    logit: differenceOf(logits),
    target: label[0] === 1 ? high : low,
  }))
  let found: PlattCalibration = { slope: 0, offset: Math.log((positives + 1) / (examples.length - positives + 1)) }
  for (let step = 0; step < 100; step++) {
    const next = newtonStep(rows, found)
    if (next === undefined) return found
    found = next
  }
  return found
}

interface PlattRow {
  readonly logit: number
  readonly target: number
}

/** Keeps the matrix from being singular where all logits are alike. */
const ridge = 1e-9

/** One step towards the maximum, shortened until it leads up; undefined at the top. */
function newtonStep(rows: ReadonlyArray<PlattRow>, { offset, slope }: PlattCalibration): PlattCalibration | undefined {
  let [gradientSlope, gradientOffset] = [0, 0]
  let [aa, ab, bb] = [ridge, 0, ridge]
  for (const { logit, target } of rows) {
    const probability = sigmoid(slope * logit + offset)
    const weight = probability * (1 - probability)
    gradientSlope += (target - probability) * logit
    gradientOffset += target - probability
    aa += weight * logit * logit
    ab += weight * logit
    bb += weight
  }
  const determinant = aa * bb - ab * ab
  const step = {
    slope: (bb * gradientSlope - ab * gradientOffset) / determinant,
    offset: (aa * gradientOffset - ab * gradientSlope) / determinant,
  }
  const now = plattLoss(rows, { slope, offset })
  for (let part = 1; part > 1e-6; part /= 2) {
    const next = { slope: slope + part * step.slope, offset: offset + part * step.offset }
    if (plattLoss(rows, next) < now - 1e-12) return next
  }
  return undefined
}

/** -log of the likelihood: log(1 + exp(z)) - target * z. */
const plattLoss = (rows: ReadonlyArray<PlattRow>, { offset, slope }: PlattCalibration): number =>
  rows.reduce((sum, { logit, target }) => {
    const z = slope * logit + offset
    return sum + Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - target * z
  }, 0)

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))
