import { sigmoid } from "./policyProbability.ts"
import type { PlattCalibration } from "./Question.ts"

/**
 * Logistic regression on the model's own logit by Newton's method, towards targets a little within 0 and 1, so that examples
 * that fall apart without an error do not make it infinite (Platt, 1999; Lin, Lin and Weng, 2007).
 */
export function fitPlatt(examples: ReadonlyArray<{ readonly logit: number; readonly label: 0 | 1 }>): PlattCalibration {
  const positives = examples.filter(({ label }) => label === 1).length
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (examples.length - positives + 2)
  const rows = examples.map(({ label, logit }) => ({ logit, target: label === 1 ? high : low }))
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
