/** What labelled examples make of a guideline and of activations: the best of three ways, and what each is worth. */
import { calibrationError } from "../../words/calibrationError.ts"
import { curveOf, type Judged } from "../../words/Curve.ts"
import { fitPlatt } from "../../words/fitPlatt.ts"
import { sigmoid } from "../../words/policyProbability.ts"
import type { LearningPoint, PolicyMethod, TrainingCandidate } from "../../words/PolicyTraining.ts"
import type { PlattCalibration } from "../../words/Question.ts"
import { rankingFigures } from "../../words/Ranking.ts"
import type { Sliced } from "../../words/Sliced.ts"
import { byLabel, foldsOf, seededBelow } from "./foldsOf.ts"
import { type LinearModel, logisticRegression, scoreOf } from "./logisticRegression.ts"

/** Examples as numbers. */
export interface Measured {
  readonly labels: ReadonlyArray<0 | 1>
  /** The guard's own logit for each, where a guideline was asked. */
  readonly guideline: ReadonlyArray<number> | undefined
  /** Where activations were read. */
  readonly activations:
    | {
        readonly layers: ReadonlyArray<number>
        /** Of an example at one of the layers: the pooled residual stream. */
        readonly at: (example: number, layer: number) => Float32Array
      }
    | undefined
}

/** How a probe is fitted. */
interface Choice {
  readonly layer: number
  readonly c: number
}

/** What was fitted on all examples. */
export interface Fitted {
  readonly method: PolicyMethod
  readonly folds: number
  readonly candidates: ReadonlyArray<TrainingCandidate>
  /** Of each example, by those that its fold did not hold. */
  readonly heldOut: ReadonlyArray<Judged>
  readonly ece: number
  readonly learningCurve: ReadonlyArray<LearningPoint>
  /** With `guideline`. */
  readonly calibration: PlattCalibration | undefined
  /** With `probe` and `both`: weights as long as the pooled residual stream, calibrated. */
  readonly probe: { readonly layer: number; readonly model: LinearModel; readonly guideline?: number } | undefined
}

const outerFolds = 5
const innerFolds = 3
/** Penalties that are tried, after scikit-learn's C. */
const penalties = [0.003, 0.03, 0.3]
const usualPenalty = 0.03
/** A layer is chosen on no more examples than these: more cost time, and choose the same. */
const mostToChoose = 400
const curveSizes = [20, 50, 200]

/** A scorer of examples: the logit of P(violation), for each by its index. */
type Scorer = (example: number) => number

export function* fitPolicy(measured: Measured): Sliced<Fitted> {
  const { labels } = measured
  const all = labels.map((_, i) => i)
  const folds = foldsOf(labels, all, outerFolds)
  const choices: Array<Choice | undefined> = []
  for (const fold of folds) choices.push(yield* choose(measured, without(all, fold)))
  const tried: Array<{ readonly method: PolicyMethod; readonly logits: ReadonlyArray<number> }> = []
  for (const method of methodsOf(measured)) {
    const logits = labels.map(() => 0)
    for (const [i, fold] of folds.entries()) {
      const score = yield* fit(measured, method, without(all, fold), choices[i])
      for (const example of fold) logits[example] = score(example)
    }
    tried.push({ method, logits })
  }
  const ranked = tried.map(({ logits, method }) => ({
    method,
    logits,
    ...rankingFigures(curveOf(judged(labels, logits))),
  }))
  const best = ranked.reduce((best, next) => (next.auPrc > best.auPrc ? next : best))
  const choice = yield* choose(measured, all)
  const heldOut = calibratedApart(labels, best.logits, folds)
  return {
    method: best.method,
    folds: folds.length,
    candidates: ranked.map(({ auPrc, auRoc, f1, method }) => ({
      method,
      auPrc,
      auRoc,
      f1,
      ...(choice === undefined || method === "guideline" ? {} : { layer: choice.layer }),
    })),
    heldOut,
    ece: calibrationError(heldOut.map(({ label, probability }) => ({ probability, outcome: label }))),
    learningCurve: yield* learningCurve(measured, best.method, folds, choice),
    ...(yield* finished(measured, best.method, best.logits, choice)),
  }
}

/** The cheapest first: of equals it is kept. */
const methodsOf = ({ activations, guideline }: Measured): ReadonlyArray<PolicyMethod> => [
  ...(activations === undefined ? [] : (["probe"] as const)),
  ...(guideline === undefined ? [] : (["guideline"] as const)),
  ...(activations === undefined || guideline === undefined ? [] : (["both"] as const)),
]

const without = (all: ReadonlyArray<number>, fold: ReadonlyArray<number>): ReadonlyArray<number> => {
  const left = new Set(fold)
  return all.filter((i) => !left.has(i))
}

const judged = (labels: ReadonlyArray<0 | 1>, logits: ReadonlyArray<number>): ReadonlyArray<Judged> =>
  labels.map((label, i) => ({ label, probability: sigmoid(logits[i] ?? 0) }))

/** The layer, and then the penalty, that rank best what inner folds hold out. */
function* choose({ activations, labels }: Measured, train: ReadonlyArray<number>): Sliced<Choice | undefined> {
  if (activations === undefined) return undefined
  const some = stratified(labels, train, mostToChoose)
  const worth = function* (choice: Choice): Sliced<number> {
    const logits = yield* probeApart({ activations, labels }, some, choice)
    return rankingFigures(curveOf(some.map((i) => ({ label: labels[i]!, probability: sigmoid(logits.get(i) ?? 0) }))))
      .auPrc
  }
  let best: { readonly choice: Choice; readonly auPrc: number } | undefined
  for (const layer of activations.layers) {
    const choice = { layer, c: usualPenalty }
    const auPrc = yield* worth(choice)
    if (best === undefined || auPrc > best.auPrc) best = { choice, auPrc }
  }
  for (const c of penalties) {
    if (best === undefined || c === usualPenalty) continue
    const choice: Choice = { ...best.choice, c }
    const auPrc: number = yield* worth(choice)
    if (auPrc > best.auPrc) best = { choice, auPrc }
  }
  return best?.choice
}

/** Some of the examples, with either label in its share. */
function stratified(
  labels: ReadonlyArray<0 | 1>,
  indices: ReadonlyArray<number>,
  count: number,
  below?: (end: number) => number,
): ReadonlyArray<number> {
  if (indices.length <= count) return indices
  const [negatives, positives] = byLabel(labels, indices, below)
  const share = Math.max(2, Math.min(count - 2, Math.round((count * positives.length) / indices.length)))
  return [...positives.slice(0, share), ...negatives.slice(0, count - share)]
}

type Activated = Pick<Measured, "labels"> & { readonly activations: NonNullable<Measured["activations"]> }

function* fitProbe(
  { activations, labels }: Activated,
  train: ReadonlyArray<number>,
  { c, layer }: Choice,
): Sliced<LinearModel> {
  const rows = train.map((i) => activations.at(i, layer))
  return yield* logisticRegression({ rows, labels: train.map((i) => labels[i]!) }, c)
}

/** The probe's logit of each example, fitted on those of other inner folds. */
function* probeApart(
  measured: Activated,
  train: ReadonlyArray<number>,
  choice: Choice,
): Sliced<ReadonlyMap<number, number>> {
  const logits = new Map<number, number>()
  for (const fold of foldsOf(measured.labels, train, innerFolds)) {
    const model = yield* fitProbe(measured, without(train, fold), choice)
    for (const i of fold) logits.set(i, scoreOf(model, measured.activations.at(i, choice.layer)))
  }
  return logits
}

/** How a probe's logit and the guideline's count together. */
interface Mix {
  readonly probe: number
  readonly guideline: number
  readonly bias: number
}

/** Both logits as two columns, the probe's of inner folds: those of its own training would promise too much. */
function* mixOf(
  measured: Activated & { readonly guideline: ReadonlyArray<number> },
  train: ReadonlyArray<number>,
  choice: Choice,
): Sliced<Mix> {
  const probed = yield* probeApart(measured, train, choice)
  const rows = train.map((i) => Float32Array.of(probed.get(i) ?? 0, measured.guideline[i] ?? 0))
  const { bias, weights } = yield* logisticRegression({ rows, labels: train.map((i) => measured.labels[i]!) }, 1)
  return { probe: weights[0] ?? 0, guideline: weights[1] ?? 0, bias }
}

function* fit(
  measured: Measured,
  method: PolicyMethod,
  train: ReadonlyArray<number>,
  choice: Choice | undefined,
): Sliced<Scorer> {
  const { activations, guideline, labels } = measured
  if (method === "guideline" || activations === undefined || choice === undefined) {
    return (i) => guideline?.[i] ?? 0
  }
  const model = yield* fitProbe({ activations, labels }, train, choice)
  const probe: Scorer = (i) => scoreOf(model, activations.at(i, choice.layer))
  if (method === "probe" || guideline === undefined) return probe
  const mix = yield* mixOf({ activations, labels, guideline }, train, choice)
  return (i) => mix.probe * probe(i) + mix.guideline * (guideline[i] ?? 0) + mix.bias
}

/** Probabilities by Platt's two numbers, which no example helps to find for itself. */
function calibratedApart(
  labels: ReadonlyArray<0 | 1>,
  logits: ReadonlyArray<number>,
  folds: ReadonlyArray<ReadonlyArray<number>>,
): ReadonlyArray<Judged> {
  const rows = labels.map((label, i) => ({ label, logit: logits[i] ?? 0 }))
  const heldOut: Array<Judged> = labels.map((label) => ({ label, probability: 0 }))
  const all = labels.map((_, i) => i)
  for (const fold of folds) {
    const { offset, slope } = fitPlatt(without(all, fold).map((i) => rows[i]!))
    for (const i of fold) heldOut[i] = { label: labels[i]!, probability: sigmoid(slope * rows[i]!.logit + offset) }
  }
  return heldOut
}

function* learningCurve(
  measured: Measured,
  method: PolicyMethod,
  folds: ReadonlyArray<ReadonlyArray<number>>,
  choice: Choice | undefined,
): Sliced<ReadonlyArray<LearningPoint>> {
  const { labels } = measured
  const all = labels.map((_, i) => i)
  const points: Array<LearningPoint> = []
  for (const examples of curveSizes) {
    const drawn = folds.map((fold) => without(all, fold))
    if (drawn.some((train) => train.length < examples)) continue
    const logits = labels.map(() => 0)
    for (const [i, fold] of folds.entries()) {
      const train = stratified(labels, drawn[i] ?? [], examples, seededBelow(1_000 + i))
      const score = yield* fit(measured, method, train, choice)
      for (const example of fold) logits[example] = score(example)
    }
    const { auPrc, auRoc } = rankingFigures(curveOf(judged(labels, logits)))
    points.push({ examples, auPrc, auRoc })
  }
  return points
}

/** The policy's own numbers, of all examples; calibrated by what folds held out. */
function* finished(
  measured: Measured,
  method: PolicyMethod,
  heldOut: ReadonlyArray<number>,
  choice: Choice | undefined,
): Sliced<Pick<Fitted, "calibration" | "probe">> {
  const { activations, guideline, labels } = measured
  const found = fitPlatt(labels.map((label, i) => ({ label, logit: heldOut[i] ?? 0 })))
  // A few examples may say by chance that the likelier is the rarer: nothing is calibrated by that.
  const isFound = found.slope > 0
  const platt = isFound ? found : { slope: 1, offset: 0 }
  if (method === "guideline" || activations === undefined || choice === undefined) {
    return { calibration: isFound ? platt : undefined, probe: undefined }
  }
  const all = labels.map((_, i) => i)
  const model = yield* fitProbe({ activations, labels }, all, choice)
  const mix: Mix =
    method === "both" && guideline !== undefined
      ? yield* mixOf({ activations, labels, guideline }, all, choice)
      : { probe: 1, guideline: 0, bias: 0 }
  const calibrated: LinearModel = {
    weights: model.weights.map((weight) => platt.slope * mix.probe * weight),
    bias: platt.slope * (mix.probe * model.bias + mix.bias) + platt.offset,
  }
  const guided = method === "both" ? { guideline: platt.slope * mix.guideline } : {}
  return { calibration: undefined, probe: { layer: choice.layer, model: calibrated, ...guided } }
}
