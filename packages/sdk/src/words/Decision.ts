/** Answers to typed questions. */
import type { Question, Questions } from "./Question.ts"
import type { GivenCalibration } from "./withCalibration.ts"

/** How questions are asked. */
export interface DecideOptions {
  /**
   * What `calibrate` gave for these questions, or a file that holds it: each question is answered with the calibration of its
   * name, and with its threshold where it has none itself. Each of them must be there, and the same question.
   */
  readonly calibration?: GivenCalibration | undefined
}

interface AnyAnswer {
  /** The question's, where it has one. */
  readonly threshold?: number
  /** Whether the answer reaches the threshold: P(true), the probability of the choice, or the score. */
  readonly reached?: boolean
}

export interface BooleanAnswer extends AnyAnswer {
  readonly type: "boolean"
  /** P(true), 0 to 1. */
  readonly probability: number
}

export interface ChoiceAnswer<Option extends string = string> extends AnyAnswer {
  readonly type: "choice"
  /** The likeliest option; among equals the first by name. */
  readonly choice: Option
  /** Of each option, 0 to 1; they sum to 1. */
  readonly probabilities: Readonly<Record<Option, number>>
}

export interface ScoreAnswer extends AnyAnswer {
  readonly type: "score"
  /** The expected value: each level's value times its probability, summed. */
  readonly score: number
  /** Of each level, by its value: `"0"`, `"2.5"`. They sum to 1. */
  readonly probabilities: Readonly<Record<string, number>>
}

export type Answer = BooleanAnswer | ChoiceAnswer | ScoreAnswer

type OptionOf<Criteria> =
  Criteria extends ReadonlyArray<infer Name extends string> ? Name : Extract<keyof Criteria, string>

/** The answer that a question gets. */
export type AnswerOf<Q extends Question> = Q extends { readonly type: "boolean" }
  ? BooleanAnswer
  : Q extends { readonly type: "choice"; readonly criteria: infer Criteria }
    ? ChoiceAnswer<OptionOf<Criteria>>
    : ScoreAnswer

export interface Decision<Q extends Questions = Questions> {
  /** One for each question, under its name. */
  readonly answers: { readonly [Name in keyof Q]: AnswerOf<Q[Name]> }
  /** Tokens that were run, and tokens that came from the prefix cache: the text counts among these for all but one. */
  readonly tokens: { readonly judged: number; readonly cached: number }
}
