/** Typed questions about a text, which are answered with probabilities: no word of an answer is generated. */
import type { Policy } from "./Policy.ts"

/** As many as a request of OpenAI's decisions may have. */
export const mostQuestions = 400

/** Each option is answered by a letter of its own. */
export const mostOptions = 26

/** Levels of a range that nobody has described. */
export const rangeLevels = 5

/**
 * What labelled examples say of a question's probabilities: data, which `facet.calibrate` makes and which is kept with the
 * question.
 */
export interface TemperatureCalibration {
  /** Logits are divided by it: above 1 it makes answers less sure, below 1 surer. */
  readonly temperature: number
}

/** P = 1 / (1 + exp(-(slope * logit + offset))), the logit being that of the model's own P(true) (Platt, 1999). */
export interface PlattCalibration {
  readonly slope: number
  readonly offset: number
}

interface AnyQuestion {
  /** What is asked, in words. May be left out where `criteria` say it. */
  readonly instructions?: string | undefined
  /** What the answer must reach; the answer then says whether it does (`reached`). */
  readonly threshold?: number | undefined
}

/** Is it so? */
export interface BooleanQuestion extends AnyQuestion {
  readonly type: "boolean"
  /** What makes it true, and what makes it false. */
  readonly criteria?: { readonly true?: string | null; readonly false?: string | null } | null | undefined
  /**
   * In place of instructions: whether the text violates this policy, an id or one made with `definePolicy`. The guard is
   * asked, and not the model that writes.
   */
  readonly policy?: string | Policy | undefined
  /** With a policy: judge the text as what a user wrote (the default), or as what a chatbot answered. */
  readonly judge?: "prompt" | "response" | undefined
  readonly calibration?: PlattCalibration | TemperatureCalibration | undefined
}

/** Which of these? */
export interface ChoiceQuestion extends AnyQuestion {
  readonly type: "choice"
  /** 2 to 26 options: their names, or their names with what speaks for each. Their order does not matter. */
  readonly criteria: Readonly<Record<string, string | null>> | ReadonlyArray<string>
  readonly calibration?: TemperatureCalibration | undefined
}

/** How much? */
export interface ScoreQuestion extends AnyQuestion {
  readonly type: "score"
  /**
   * 2 to 26 levels in words, from the lowest to the highest, which count 0, 1, 2 and so on; or a range of numbers, which
   * is asked as five levels at equal distances. Default: the range from 0 to 10.
   */
  readonly criteria?: ReadonlyArray<string> | { readonly min: number; readonly max: number } | undefined
  readonly calibration?: TemperatureCalibration | undefined
}

export type Question = BooleanQuestion | ChoiceQuestion | ScoreQuestion

/** Questions by names of one's own, under which the answers come. */
export type Questions = Readonly<Record<string, Question>>
