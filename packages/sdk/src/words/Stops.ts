/** Texts at which a generation ends. */
import { checkUnicode } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"

/** The most stop strings of a request. */
export const maxStops = 64
/** The most UTF-16 code units of a stop string. */
export const maxStopLength = 1024

/**
 * Checks the stop strings of a request.
 *
 * @param option the path to name in errors.
 * @throws InvalidRequestError when there are more than 64, or when one is empty, longer than 1,024 UTF-16 code units
 * or not well-formed Unicode.
 */
export const checkStops = (stops: ReadonlyArray<string>, option = "stop"): void => {
  if (!Array.isArray(stops)) throw invalidRequest(option, "it is not a list", "Give a list of strings.")
  if (stops.length > maxStops) {
    throw invalidRequest(option, `there are ${stops.length} stop strings`, `Give at most ${maxStops}.`)
  }
  // An indexed loop, so that the holes of a sparse list are seen too.
  for (let i = 0; i < stops.length; i++) checkStop(stops[i], `${option}[${i}]`)
}

const checkStop = (stop: unknown, option: string): void => {
  if (typeof stop !== "string") throw invalidRequest(option, "it is not a string", "Give strings only.")
  if (stop === "") throw invalidRequest(option, "it is empty", "Leave it out, or give the text to stop at.")
  if (stop.length > maxStopLength) {
    throw invalidRequest(option, `it has ${stop.length} characters`, `Give at most ${maxStopLength}.`)
  }
  checkUnicode(option, stop)
}
