import type { ContentTexts } from "../../words/Content.ts"
import type { JudgeCall } from "../../words/Judge.ts"
import { normaliseForJudging } from "../normaliseForJudging.ts"

/**
 * A text without its case and its accents, as lists compare it: upper case and back is Unicode's case folding but for the
 * last sigma of a word ("Straße" and "STRASSE" are one), and canonical decomposition parts letters from their marks.
 */
export const foldText = (text: string): string =>
  text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFC")

/**
 * What a list looks at: the text as it came, and without the tricks that hide words, where that differs. Of an exchange it is
 * the answer, of a prompt alone the prompt.
 */
export const readingsOf = (content: ContentTexts, { original }: JudgeCall): ReadonlyArray<string> => [
  ...new Set([textOf(original), textOf(content), normaliseForJudging(textOf(content))]),
]

const textOf = ({ prompt = "", response }: ContentTexts): string => response ?? prompt
