import { normaliseForJudging } from "../normaliseForJudging.ts"

/**
 * A text without its case and its accents, as lists compare it: upper case and back is Unicode's case folding but for the
 * last sigma of a word ("Straße" and "STRASSE" are one), and canonical decomposition parts letters from their marks.
 */
export const foldText = (text: string): string =>
  text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFC")

/** What a list looks at: the text as it came, and without the tricks that hide words, where that differs. */
export function readingsOf(text: string): ReadonlyArray<string> {
  const normalised = normaliseForJudging(text)
  return normalised === text ? [text] : [text, normalised]
}
