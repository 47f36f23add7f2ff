import { invalidRequest } from "./Errors.ts"
import { isRecord, type JsonRecord } from "./Json.ts"
import type { Question, Questions } from "./Question.ts"
import { readQuestions } from "./readQuestions.ts"
import { whatIsAsked } from "./whatIsAsked.ts"
import type { GivenCalibration } from "./withCalibration.ts"

/**
 * A calibration for whoever asks: a server's clients name their questions as they like. A question that was calibrated, by what
 * it asks and not by its name, gets its calibration, and its threshold; what it has of these itself stays, and other
 * questions stay as they are.
 *
 * @param calibration what `calibrate` gave, or a file that holds it.
 * @throws InvalidRequestError that names what is wrong with it, `calibration.questions.urgency`
 */
export function calibratedWhereKnown(calibration: GivenCalibration): (questions: Questions) => Questions {
  const known = new Map<string, Pick<Question, "calibration" | "threshold">>()
  for (const [name, question] of Object.entries(checked(calibration))) {
    const { calibration: own, threshold } = question
    if (own === undefined) {
      throw invalidRequest(`calibration.questions.${name}`, "it is not calibrated", "Calibrate it, or leave it out.")
    }
    known.set(whatIsAsked(asRecord(question)), { calibration: own, ...(threshold !== undefined && { threshold }) })
  }
  return (questions) =>
    // The questions that were given, with fields that fit what they ask.
    Object.fromEntries(
      Object.entries(questions).map(([name, question]) => [
        name,
        { ...known.get(whatIsAsked(asRecord(question))), ...question },
      ]),
    ) as Questions
}

function checked(calibration: unknown): Questions {
  const questions = isRecord(calibration) ? calibration["questions"] : undefined
  if (!isRecord(questions)) {
    const remedy = "Pass what `calibrate` gave, or a file of it: { questions }."
    throw invalidRequest("calibration", "it holds no questions", remedy)
  }
  // What they hold is checked as it is where they are asked.
  const given = questions as Questions
  try {
    readQuestions(given)
  } catch (cause) {
    const { option, problem, remedy }: { option?: unknown; problem?: unknown; remedy?: unknown } = Object(cause)
    if (typeof option !== "string") throw cause
    throw invalidRequest(`calibration.${option}`, String(problem), String(remedy))
  }
  return given
}

const asRecord = (question: Question): JsonRecord => ({ ...question })
