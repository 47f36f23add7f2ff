/** Whether a text that is there already matches a pattern. */
import { accepts, type ByteAutomaton } from "../ByteAutomaton.ts"
import { CharacterAutomaton } from "../CharacterAutomaton.ts"
import { isEmpty } from "../Dfa.ts"
import { Languages } from "../Language.ts"
import { encode } from "../Notation.ts"
import { RecentlyUsed } from "../../RecentlyUsed.ts"
import type { PatternRule } from "./Shape.ts"
import { languageOf, within } from "./textAutomaton.ts"

/** By their source; the automaton is undefined where nothing matches. */
const kept = new RecentlyUsed<{ readonly automaton: ByteAutomaton | undefined }>(64)

/**
 * As `new RegExp(source, "u").test(text)`, in a time that is the text's length: whoever sends a schema may choose both.
 *
 * @throws InvalidRequestError that names the path of a pattern that cannot be followed
 */
export function matchesPattern(pattern: PatternRule, text: string): boolean {
  const known = kept.get(pattern.source) ?? { automaton: automatonOf(pattern) }
  kept.set(pattern.source, known)
  return known.automaton !== undefined && accepts(known.automaton, encode(text))
}

function automatonOf(pattern: PatternRule): ByteAutomaton | undefined {
  const languages = new Languages()
  const dfa = within(pattern.path, () => languages.automaton(languageOf(pattern, languages)))
  return isEmpty(dfa) ? undefined : new CharacterAutomaton(dfa, "utf8")
}
