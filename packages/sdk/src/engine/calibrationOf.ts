/** How far a question's probabilities are from what is true, and what brings them nearer. */
import type { CalibrationReport } from "../words/Calibration.ts"
import { calibrationError } from "../words/calibrationError.ts"
import type { PlattCalibration, TemperatureCalibration } from "../words/Question.ts"
import type { ReadQuestion } from "../words/readQuestions.ts"
import { fitPlatt } from "../words/fitPlatt.ts"
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
  const fit = isBoolean && method === "platt" ? fitPlattTo : fitTemperature
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

const fitPlattTo = (examples: ReadonlyArray<LabelledLogits>): PlattCalibration =>
  fitPlatt(examples.map(({ label, logits }) => ({ logit: differenceOf(logits), label: label[0] === 1 ? 1 : 0 })))
