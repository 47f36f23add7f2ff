import { checkKnown, checkNumber, checkUnicode } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { FeatureSearchOptions } from "./FeatureSearch.ts"

const count = { min: 1, max: 1000, integer: true } as const

/** @throws InvalidRequestError that names what is wrong. */
export function checkFeatureSearch(query: unknown, { topK, ...options }: FeatureSearchOptions): void {
  checkUnicode("query", query)
  if (String(query).trim() === "") throw invalidRequest("query", "it is empty", "Give words of the labels.")
  checkKnown(options, ["layer", "site"])
  if (topK !== undefined) checkNumber("topK", topK, count)
}
