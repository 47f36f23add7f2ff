import type { Calibrated } from "./Calibration.ts"
import { show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { isRecord, type JsonRecord } from "./Json.ts"
import type { Questions } from "./Question.ts"
import { whatIsAsked } from "./whatIsAsked.ts"

/** What `calibrate` gave, or a file that holds it. */
export type GivenCalibration = Pick<Calibrated, "questions">

/**
 * The questions as they were calibrated: each has the calibration, and where it has none of its own the threshold, of the
 * question of its name.
 *
 * @throws InvalidRequestError for a question that is not there, or that was another one when it was calibrated: its numbers would
 *   be wrong without a word.
 */
export function withCalibration<Q extends Questions>(questions: Q, calibration: GivenCalibration | undefined): Q {
  if (calibration === undefined) return questions
  const given: unknown = isRecord(calibration) ? calibration["questions"] : undefined
  if (!isRecord(given)) {
    const remedy = "Pass what `calibrate` gave, or a file of it: { questions }."
    throw invalidRequest("calibration", `${show(calibration)} where a calibration is expected`, remedy)
  }
  // What is no question at all, the engine refuses.
  if (!isRecord(questions)) return questions
  const calibrated = Object.entries(questions).map(([name, question]) => [
    name,
    isRecord(question) ? calibratedAs(name, question, Object.hasOwn(given, name) ? given[name] : undefined) : question,
  ])
  // The questions that were given, with fields that fit their types.
  return Object.fromEntries(calibrated) as Q
}

function calibratedAs(name: string, question: JsonRecord, given: unknown): JsonRecord {
  const at = `calibration.questions.${name}`
  if (!isRecord(given) || given["calibration"] === undefined) {
    throw invalidRequest(at, "it is not calibrated", "Calibrate this question too, or ask it in a call of its own.")
  }
  if (whatIsAsked(given) !== whatIsAsked(question)) {
    throw invalidRequest(at, "it was calibrated as another question", "Calibrate it anew, as it is asked now.")
  }
  const { calibration, threshold } = given
  return { ...(threshold !== undefined && { threshold }), ...question, calibration }
}
