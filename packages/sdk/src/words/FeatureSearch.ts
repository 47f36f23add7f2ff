/** Features looked for by what their labels say. */
import { checkKnown, checkNumber, checkUnicode } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { Site } from "./Site.ts"

export interface FeatureSearchOptions {
  /** Only features of this layer's autoencoders; left out: of all. */
  readonly layer?: number | undefined
  /** Only those of this site, or TransformerLens' name of it; left out: of all. */
  readonly site?: string | undefined
  /** Features at most, 1 to 1,000. Default 20. */
  readonly topK?: number | undefined
}

/** A feature, where it is one, and what it stands for. */
export interface FoundFeature extends Site {
  readonly index: number
  readonly label: string
}

const count = { min: 1, max: 1000, integer: true } as const

/** @throws InvalidRequestError that names what is wrong. */
export function checkFeatureSearch(query: unknown, { topK, ...options }: FeatureSearchOptions): void {
  checkUnicode("query", query)
  if (String(query).trim() === "") throw invalidRequest("query", "it is empty", "Give words of the labels.")
  checkKnown(options, ["layer", "site"])
  if (topK !== undefined) checkNumber("topK", topK, count)
}
