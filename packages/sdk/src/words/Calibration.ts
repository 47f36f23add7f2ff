/** What labelled examples say of questions. */
import type { AnswerOf } from "./Decision.ts"
import type { Question, Questions } from "./Question.ts"

/** The right answer to a question: true or false, an option's name, a number of the scale. */
export type LabelOf<Q extends Question> = Q extends { readonly type: "boolean" }
  ? boolean
  : AnswerOf<Q> extends { readonly choice: infer Option }
    ? Option
    : number

/** A text, and what the right answers are; of some questions it may say nothing. */
export interface LabelledExample<Q extends Questions = Questions> {
  readonly state: string
  readonly answers: { readonly [Name in keyof Q]?: LabelOf<Q[Name]> | undefined }
}

export interface CalibrateOptions {
  /**
   * How boolean questions are calibrated: by two numbers (Platt, the default) or by a temperature alone, which never turns an
   * answer. Choices and scores have a temperature.
   */
  readonly method?: "platt" | "temperature" | undefined
}

export interface CalibrationReport {
  /** Examples that answer the question. */
  readonly examples: number
  /**
   * Expected calibration error, 0 to 1: how far probabilities are from frequencies on average, in ten bins. `before` as the
   * model says it; `after` as calibrated by the other examples, in five folds, so that no example speaks for itself.
   */
  readonly ece: { readonly before: number; readonly after: number }
}

export interface Calibrated<Q extends Questions = Questions> {
  /** The same questions, each with its `calibration`: plain data. */
  readonly questions: Q
  readonly reports: { readonly [Name in keyof Q]: CalibrationReport }
}
