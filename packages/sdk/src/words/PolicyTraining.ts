/** What a trained policy tells of its training: data, which stays with the policy and its model card. */

/** How a policy is judged: by asking its guideline, by a probe, or by both. */
export const policyMethods = ["guideline", "probe", "both"] as const
export type PolicyMethod = (typeof policyMethods)[number]

/** Figures on examples that a fold held out; each from 0 to 1. */
export interface HeldOutFigures {
  /** The area under the precision-recall curve: average precision, as scikit-learn has it. */
  readonly auPrc: number
  readonly auRoc: number
  /** The highest that any threshold reaches. */
  readonly f1: number
}

/** Each way that was tried. */
export interface TrainingCandidate extends HeldOutFigures {
  readonly method: PolicyMethod
  /** Of a probe: the layer that was chosen on all examples. */
  readonly layer?: number
}

/** How far so many examples go; each a mean over several draws. */
export interface LearningPoint {
  readonly examples: number
  readonly auPrc: number
  readonly auRoc: number
}

/** What flagging from the threshold on does on examples that a fold held out. */
export interface TrainedOperatingPoint {
  readonly threshold: number
  readonly precision: number
  readonly recall: number
  readonly falsePositiveRate: number
  readonly f1: number
  /** What was asked for; neither: the highest F1. */
  readonly maxFalsePositiveRate?: number
  readonly minRecall?: number
}

export interface PolicyTraining {
  readonly method: PolicyMethod
  /** What the models were opened as. */
  readonly model: string
  readonly examples: number
  /** Those labelled 1. */
  readonly positives: number
  /** Who labelled them: whoever trained it, or the guard. */
  readonly labels: "given" | "distilled"
  readonly folds: number
  /** Null where there are too few labels to tell, and `untold` says so. */
  readonly figures: (HeldOutFigures & { readonly ece: number }) | null
  readonly candidates: ReadonlyArray<TrainingCandidate>
  readonly learningCurve: ReadonlyArray<LearningPoint>
  readonly operatingPoint: TrainedOperatingPoint | null
  readonly untold?: string
}
