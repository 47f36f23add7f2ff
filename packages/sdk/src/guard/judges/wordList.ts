import { checkFlag, checkKnown, checkUnicode } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { Judge } from "../../words/Judge.ts"
import type { TextSpan } from "../../words/Redaction.ts"
import { checkFindings, checkListed, type FindingSettings, judgeOfFinders } from "./Findings.ts"
import { foldInPlaces, foldText } from "./foldText.ts"
import { settingNames } from "./JudgeSettings.ts"

export interface WordListOptions extends FindingSettings {
  /** Words and phrases: a list, whose policy is `words`, or lists by policy. */
  readonly words: ReadonlyArray<string> | Readonly<Record<string, ReadonlyArray<string>>>
  /** Whether a word counts only as a whole, and not within another one. Default true. */
  readonly isWhole?: boolean | undefined
}

/** Scripts that write no blanks between words: there a word stands within others. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u

/**
 * Words and phrases, whatever their case and accents: `Straße` finds STRASSE, `naive` naïve. The text is looked at as it came,
 * and without what hides words (`normaliseForJudging`): b.o.m.b, full-width letters, letters of other alphabets that look alike.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const judge = wordList({ words: { competitors: ["Straße & Co", "acme"] } })
 * const { flagged } = await facet.shield("I prefer A.C.M.E, really.", { judge })
 * console.log(flagged) // => true
 */
export function wordList(options: WordListOptions): Judge {
  checkKnown(options, ["words", "isWhole", "precision", ...settingNames])
  checkFlag("isWhole", options.isWhole)
  const lists: unknown = Array.isArray(options.words) ? { words: options.words } : options.words
  checkListed("words", lists)
  checkFindings(options, Object.keys(lists))
  const finders = Object.entries(lists).map(([policy, words]) => {
    const expression = expressionOf(policy, words, options.isWhole !== false)
    return {
      policy,
      isIn: (text: string) => expression.test(foldText(text)),
      spansIn: (text: string) => spansIn(text, expression),
    }
  })
  const longestWord = Math.max(...Object.values(lists).flatMap(lengthsOf))
  return judgeOfFinders("wordList", async () => finders, options, longestWord * mostLonger)
}

/** A word may be longer in a text than in the list: letters with their marks, more blanks between the words of a phrase. */
const mostLonger = 4

const lengthsOf = (words: unknown): ReadonlyArray<number> =>
  // Each was checked to be a text.
  (words as ReadonlyArray<string>).map(({ length }) => length)

function spansIn(text: string, expression: RegExp): ReadonlyArray<TextSpan> {
  const folded = foldInPlaces(text)
  if (folded === undefined) return []
  return Array.from(folded.text.matchAll(new RegExp(expression, "gu")), ({ 0: found, index }) => ({
    start: folded.places[index]?.[0] ?? 0,
    end: folded.places[index + found.length - 1]?.[1] ?? 0,
  }))
}

function expressionOf(policy: string, words: unknown, isWhole: boolean): RegExp {
  const path = `words.${policy}`
  if (!Array.isArray(words) || words.length === 0) throw invalidRequest(path, "it has no words", "List at least one.")
  const folded = words.map((word: unknown, i) => {
    checkUnicode(`${path}[${i}]`, word)
    const text = foldText(word).trim()
    if (text === "") throw invalidRequest(`${path}[${i}]`, "it is empty", "Leave it out.")
    return text
  })
  return new RegExp(folded.map((word) => alternative(word, isWhole)).join("|"), "u")
}

/** Blanks within a phrase are any blanks. */
function alternative(word: string, isWhole: boolean): string {
  const escaped = word.replaceAll(/[$()*+./?[\\\]^{|}]/g, String.raw`\$&`).replaceAll(/\s+/g, String.raw`\s+`)
  const first = Array.from(word)[0] ?? ""
  const last = Array.from(word).at(-1) ?? ""
  const before = isWhole && isBounded(first) ? String.raw`(?<![\p{L}\p{N}\p{M}])` : ""
  const after = isWhole && isBounded(last) ? String.raw`(?![\p{L}\p{N}\p{M}])` : ""
  return `${before}${escaped}${after}`
}

const isBounded = (letter: string): boolean => /[\p{L}\p{N}\p{M}]/u.test(letter) && !unspaced.test(letter)
