/** Texts by patterns and lengths. */
import type { ByteAutomaton } from "../ByteAutomaton.ts"
import type { LengthRange } from "../CountedStates.ts"
import type { Dfa } from "../Dfa.ts"
import { quotedStringOf } from "../JsonString.ts"
import { type Language, Languages, TooLarge } from "../Language.ts"
import { jsonNotation, type Notation } from "../Notation.ts"
import { matchesOf, PatternProblem } from "../Pattern.ts"
import { refuse } from "./Keywords.ts"
import type { PatternRule, StringRules } from "./Shape.ts"

/** All texts. */
export const anyLength: LengthRange = { least: 0, most: Infinity }

const isAnyLength = ({ least, most }: LengthRange): boolean => least === 0 && most === Infinity

/** What fits the patterns of a string, one by one. */
export function patternLanguages({ patterns }: StringRules, languages: Languages): ReadonlyArray<Language> {
  return patterns.map((pattern) => languageOf(pattern, languages))
}

/** The same, and what fits its lengths. */
export function stringLanguages(string: StringRules, languages: Languages): ReadonlyArray<Language> {
  const patterns = patternLanguages(string, languages)
  return isAnyLength(string) ? patterns : [...patterns, lengthLanguage(string, languages)]
}

const lengthLanguage = ({ least, most }: LengthRange, languages: Languages): Language =>
  languages.repeat(languages.character, least, most)

/** @throws InvalidRequestError that names the path of a pattern that cannot be followed */
export function languageOf({ path, source }: PatternRule, languages: Languages): Language {
  try {
    return matchesOf(source, languages)
  } catch (cause) {
    if (cause instanceof PatternProblem) throw refuse(path, cause.message, "Use a pattern without it.")
    throw cause
  }
}

/**
 * The automaton of those strings of a language that are so long; undefined where there are none.
 *
 * @param path names what asks for it, in errors.
 * @param notation what they stand in.
 * @throws InvalidRequestError where it would be too large
 */
export function textAutomaton(
  path: string,
  length: LengthRange,
  makeAny: (languages: Languages) => Language,
  notation: Notation = jsonNotation,
): ByteAutomaton | undefined {
  const make = (languages: Languages): Language => withoutBorder(makeAny(languages), notation, languages)
  const automaton = within(path, () => {
    if (isAnyLength(length)) return quotedStringOf(automatonOf(make), notation)
    const counted = orElseTooLarge(() => quotedStringOf(automatonOf(make), notation, length))
    // A pattern that counts itself, to thousands, is followed only together with the length.
    return (
      counted ??
      quotedStringOf(
        automatonOf((languages) => languages.and([make(languages), lengthLanguage(length, languages)])),
        notation,
      )
    )
  })
  return automaton.distance(automaton.start) === Infinity ? undefined : automaton
}

/** What would end a text may not stand in one. */
function withoutBorder(language: Language, { border }: Notation, languages: Languages): Language {
  if (border === undefined) return language
  const { any } = languages
  return languages.and([language, languages.not(languages.sequence([any, languages.text(border), any]))])
}

function automatonOf(make: (languages: Languages) => Language): Dfa {
  const languages = new Languages()
  return languages.automaton(make(languages))
}

const isTooLarge = (cause: unknown): boolean => cause instanceof TooLarge || cause instanceof RangeError

function orElseTooLarge<A>(make: () => A): A | undefined {
  try {
    return make()
  } catch (cause) {
    if (!isTooLarge(cause)) throw cause
    return undefined
  }
}

/** @throws InvalidRequestError in place of what says that something is too large */
export function within<A>(path: string, make: () => A): A {
  try {
    return make()
  } catch (cause) {
    if (!isTooLarge(cause)) throw cause
    throw refuse(path, "it takes too many states to follow", "Use smaller counts and lengths, or fewer alternatives.")
  }
}
