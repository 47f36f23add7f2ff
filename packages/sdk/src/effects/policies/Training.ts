/** A policy out of examples. */
import * as Effect from "effect/Effect"
import type { judgeByPlace } from "../../guard/judgeByPlace.ts"
import type { callHook } from "../../words/callHook.ts"
import { checked } from "../../words/checked.ts"
import { checkFunction, checkKnown, checkNumber, checkOneOf, checkWhole, show } from "../../words/Checks.ts"
import { type FacetError, invalidRequest } from "../../words/Errors.ts"
import { inSlices } from "../../words/inSlices.ts"
import { Opened } from "../../words/Opened.ts"
import type { Policy, PolicyExample, PolicyOptions, readPolicy, resolvePolicies } from "../../words/Policy.ts"
import { logitOf } from "../../words/policyProbability.ts"
import type { PolicyTraining } from "../../words/PolicyTraining.ts"
import type { DistilPolicyOptions, TrainPolicyOptions } from "../../words/PolicyTrainingOptions.ts"
import { poolings, type ProbeFrame, probeFrames } from "../../words/Probe.ts"
import { checkText, leastToTell, readTrainingExamples } from "../../words/readTrainingExamples.ts"
import { chooseThreshold } from "./chooseThreshold.ts"
import { type Fitted, fitPolicy } from "./fitPolicy.ts"
import { readActivations } from "./readActivations.ts"

/** What is told where nobody asked for a threshold and the labels tell none. */
const untoldThreshold = 0.5

/** What a page has anyway, and what would be torn out of its script if this file imported it. */
export interface Given {
  readonly callHook: typeof callHook
  readonly judge: typeof judgeByPlace
  readonly readPolicy: typeof readPolicy
  readonly resolvePolicies: typeof resolvePolicies
}

export const trainOnExamples = Effect.fnUntraced(function* (
  page: Given,
  given: ReadonlyArray<PolicyExample>,
  options: TrainPolicyOptions,
): Effect.fn.Return<Policy, FacetError, Opened> {
  yield* checked(() => checkOptions(options))
  const examples = yield* checked(() => readTrainingExamples(given, options))
  return yield* train(page, examples, options, "given")
})

export const trainOnVerdicts = Effect.fnUntraced(function* (
  page: Given,
  texts: ReadonlyArray<string>,
  options: DistilPolicyOptions = {},
): Effect.fn.Return<Policy, FacetError, Opened> {
  const { activations = "text", id = "distilled", onProgress, policies, ...rest } = options
  yield* checked(() => checkKnown(options, [...sharedNames, "policies"]))
  yield* checked(() => checkShared(options))
  yield* checked(() => checkTexts(texts))
  const asked = yield* checked(() => page.resolvePolicies(policies))
  const examples: Array<PolicyExample> = []
  for (const text of texts) {
    const { flagged } = yield* page.judge({ prompt: text, response: undefined }, asked, { isNested: false })
    examples.push({ text, label: flagged ? 1 : 0 })
    told(page, { done: examples.length, total: 2 * texts.length }, onProgress)
  }
  const read = yield* checked(() => readTrainingExamples(examples, options))
  const half = { ...rest, id, activations, onProgress: onProgress && after(texts.length, onProgress) }
  return yield* train(page, read, half, "distilled")
})

type OnProgress = TrainPolicyOptions["onProgress"]

const told = ({ callHook }: Given, progress: Parameters<NonNullable<OnProgress>>[0], onProgress: OnProgress): void => {
  if (onProgress !== undefined) callHook("onProgress", () => onProgress(progress))
}

const after =
  (count: number, onProgress: NonNullable<OnProgress>): typeof onProgress =>
  ({ done, total }) =>
    onProgress({ done: count + done, total: count + total })

const train = (
  page: Given,
  examples: ReadonlyArray<PolicyExample>,
  options: Omit<TrainPolicyOptions, "guideline"> & Pick<Partial<TrainPolicyOptions>, "guideline">,
  labels: PolicyTraining["labels"],
): Effect.Effect<Policy, FacetError, Opened> =>
  Effect.gen(function* () {
    const { activations: of = "guard", guideline, layers, maxFalsePositiveRate, minRecall, onProgress } = options
    const { frame = of === "text" ? "chat" : "shield", judge: side = "prompt" } = options
    yield* checked(() => checkFrame(of, frame))
    const wanted = { maxFalsePositiveRate, minRecall }
    const opened = yield* Opened
    const place = of === "text" ? opened.text : yield* opened.guard
    let done = 0
    const tell = () => told(page, { done: ++done, total: examples.length }, onProgress)
    const texts = examples.map(({ text }) => text)
    const { activations, model } = yield* readActivations(place, texts, { frame, side, layers }, tell)
    const draft = draftOf(options)
    const asked =
      guideline === undefined
        ? undefined
        : yield* askGuideline(page, yield* checked(() => page.readPolicy("policy", draft)), texts, side)
    const measured = { labels: examples.map(({ label }) => label), guideline: asked, activations }
    const fitted = yield* inSlices(() => fitPolicy(measured))
    return yield* checked(() => policyOf(page, draft, fitted, { of, frame, model, name: opened.name, labels, wanted }))
  })

/** The policy before anything is known of it. */
const draftOf = ({
  guideline,
  harm,
  id = "own",
  responseGuideline = guideline,
}: Parameters<typeof train>[2]): PolicyOptions => ({
  id,
  harm,
  promptGuideline: guideline,
  responseGuideline,
})

/** What the guard says of each text, in its own logits. */
const askGuideline = (
  { judge }: Given,
  policy: Policy,
  texts: ReadonlyArray<string>,
  side: "prompt" | "response",
): Effect.Effect<ReadonlyArray<number>, FacetError, Opened> =>
  Effect.forEach(texts, (text) => {
    const content = side === "prompt" ? { prompt: text, response: undefined } : { prompt: undefined, response: text }
    return Effect.map(judge(content, [policy], { isNested: false }), ({ policies: [verdict] }) =>
      logitOf(verdict?.probability ?? 0),
    )
  })

interface Trained {
  readonly of: "text" | "guard"
  readonly frame: ProbeFrame
  readonly model: string
  readonly name: string
  readonly labels: PolicyTraining["labels"]
  readonly wanted: Parameters<typeof chooseThreshold>[1]
}

/** @throws InvalidRequestError where nothing was learned, or no threshold does what was asked */
function policyOf(
  page: Given,
  draft: PolicyOptions,
  fitted: Fitted,
  { frame, labels, model, name, of, wanted }: Trained,
): Policy {
  const { calibration, heldOut, method, probe } = fitted
  const examples = heldOut.length
  const isTold = examples >= leastToTell
  const best = fitted.candidates.find((candidate) => candidate.method === method)!
  if (isTold && best.auRoc <= 0.5) {
    const problem = `nothing that was tried tells their labels apart: the best has an area under the ROC curve of ${best.auRoc.toFixed(2)}`
    throw invalidRequest(
      "examples",
      problem,
      "Look whether they are labelled rightly; give more of them, or another guideline.",
    )
  }
  const point = isTold ? chooseThreshold(heldOut, wanted) : null
  const training: PolicyTraining = {
    method,
    model: name,
    examples,
    positives: heldOut.filter(({ label }) => label === 1).length,
    labels,
    folds: fitted.folds,
    figures: isTold ? { auPrc: best.auPrc, auRoc: best.auRoc, f1: best.f1, ece: fitted.ece } : null,
    candidates: isTold ? fitted.candidates : [],
    learningCurve: isTold ? fitted.learningCurve : [],
    operatingPoint: point,
    ...(isTold
      ? {}
      : { untold: `${examples} labels cannot tell what it is worth; at least ${leastToTell} are needed` }),
  }
  return page.readPolicy("policy", {
    ...draft,
    threshold: point?.threshold ?? untoldThreshold,
    calibration,
    probe: probe && {
      of,
      model,
      ...(frame !== "raw" && { frame }),
      site: "resid_post",
      layer: probe.layer,
      pooling: poolings,
      weights: Array.from(probe.model.weights, shortened),
      bias: shortened(probe.model.bias),
      ...(probe.guideline !== undefined && { guideline: shortened(probe.guideline) }),
    },
    training,
  })
}

/** A file need not hold more digits than activations have. */
const shortened = (value: number): number => Number(value.toPrecision(8))

const sharedNames = [
  "id",
  "harm",
  "activations",
  "frame",
  "layers",
  "maxFalsePositiveRate",
  "minRecall",
  "onProgress",
] as const

function checkOptions(options: TrainPolicyOptions): void {
  checkKnown(options, [...sharedNames, "guideline", "responseGuideline", "judge"])
  checkShared(options)
  checkOneOf("judge", options.judge, ["prompt", "response"])
  checkText("guideline", options.guideline)
  if (options.responseGuideline !== undefined) checkText("responseGuideline", options.responseGuideline)
}

const share = { min: 0, max: 1, integer: false }

function checkShared({
  activations,
  frame,
  layers,
  maxFalsePositiveRate,
  minRecall,
  onProgress,
}: DistilPolicyOptions): void {
  checkOneOf("activations", activations, ["guard", "text"])
  checkOneOf("frame", frame, probeFrames)
  checkFunction("onProgress", onProgress)
  if (maxFalsePositiveRate !== undefined) checkNumber("maxFalsePositiveRate", maxFalsePositiveRate, share)
  if (minRecall !== undefined) checkNumber("minRecall", minRecall, share)
  if (layers === undefined) return
  if (!Array.isArray(layers) || layers.length === 0) {
    throw invalidRequest("layers", `${show(layers)} names no layer`, "Pass a list of layers, or leave it out.")
  }
  for (const [i, layer] of layers.entries()) checkWhole(`layers[${i}]`, layer ?? null)
}

/** A guard is not chatted with. */
function checkFrame(of: "guard" | "text", frame: ProbeFrame): void {
  const other = of === "text" ? "shield" : "chat"
  if (frame !== other) return
  const [who, own] = of === "text" ? ["the model that writes", "chat"] : ["the guard", "shield"]
  throw invalidRequest("frame", `${who} reads in no ${frame}`, `Use "raw" or "${own}", or other activations.`)
}

function checkTexts(texts: unknown): void {
  if (!Array.isArray(texts) || texts.length === 0) {
    throw invalidRequest("texts", `${show(texts)} holds none`, "Pass a list of texts.")
  }
  for (const [i, text] of texts.entries()) checkText(`texts[${i}]`, text)
}
