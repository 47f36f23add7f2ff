/** What is kept with a question once it is calibrated: fields of Facet's own, on the routes of decisions. */
import type { Answer, Question } from "@facet/sdk/words"
import type { RequestFields } from "./RequestFields.ts"

/** Facet checks what they hold, as it does for callers without types. */
export function readKept(fields: RequestFields): Pick<Question, "threshold"> {
  const kept = { calibration: fields.value("calibration"), threshold: fields.value("threshold") }
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined))
}

/** Nothing, where the question has no threshold. */
export const reachOf = ({ reached, threshold }: Answer): object =>
  threshold === undefined ? {} : { threshold, reached }
