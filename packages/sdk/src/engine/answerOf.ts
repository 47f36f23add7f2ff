/** Probabilities and answers out of logits. */
import type { Answer } from "../words/Decision.ts"
import type { PlattCalibration, TemperatureCalibration } from "../words/Question.ts"
import type { ReadQuestion } from "../words/readQuestions.ts"

/** Beyond this a logit says nothing more, and times a slope it would overflow. */
const mostLogit = 1_000

/**
 * The softmax of an option's logits, calibrated.
 *
 * @param logits in nats, finite or -Infinity; of a boolean those of true and of false.
 * @returns 0 to 1 each; they sum to 1 but for rounding.
 */
export function probabilitiesOf(
  logits: ReadonlyArray<number>,
  calibration?: PlattCalibration | TemperatureCalibration,
): ReadonlyArray<number> {
  const calibrated = calibration === undefined ? logits : calibratedLogits(logits, calibration)
  const most = Math.max(...calibrated)
  const weights = calibrated.map((logit) => Math.exp(logit - most))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

function calibratedLogits(
  logits: ReadonlyArray<number>,
  calibration: PlattCalibration | TemperatureCalibration,
): ReadonlyArray<number> {
  if ("temperature" in calibration) {
    const most = Math.max(...logits)
    return logits.map((logit) => Math.max(logit - most, -mostLogit) / calibration.temperature)
  }
  return [calibration.slope * differenceOf(logits) + calibration.offset, 0]
}

/** The logit of P(true): the difference of the two logits, within bounds. */
export const differenceOf = ([yes = 0, no = 0]: ReadonlyArray<number>): number =>
  Math.min(mostLogit, Math.max(-mostLogit, yes - no))

/** What a question's options' logits say. */
export function answerOf(question: ReadQuestion, logits: ReadonlyArray<number>): Answer {
  const { asked, calibration, threshold } = question
  const probabilities = probabilitiesOf(logits, calibration)
  const [answer, reach] = plainAnswer(asked.type, question, probabilities)
  return threshold === undefined ? answer : { ...answer, threshold, reached: reach >= threshold }
}

/** The answer, and what a threshold is compared with. */
function plainAnswer(
  type: Answer["type"],
  { names, values }: ReadQuestion,
  probabilities: ReadonlyArray<number>,
): readonly [answer: Answer, reach: number] {
  const named = Object.fromEntries(names.map((name, i) => [name, probabilities[i] ?? 0]))
  switch (type) {
    case "boolean": {
      const [probability = 0] = probabilities
      return [{ type, probability }, probability]
    }
    case "choice": {
      const most = Math.max(...probabilities)
      const likeliest = names.filter((_, i) => probabilities[i] === most)
      const choice = likeliest.reduce((first, name) => (name < first ? name : first), likeliest[0] ?? "")
      return [{ type, choice, probabilities: named }, most]
    }
    case "score": {
      const mean = values.reduce((sum, value, i) => sum + value * (probabilities[i] ?? 0), 0)
      // Rounding must not carry a certain answer beyond the scale.
      const score = Math.min(values.at(-1) ?? mean, Math.max(values[0] ?? mean, mean))
      return [{ type, score, probabilities: named }, score]
    }
  }
}
