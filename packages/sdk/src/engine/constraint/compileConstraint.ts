/** What a text is held to, as a grammar. */
import type { Constraint } from "../../words/Constraint.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { ToolFormat } from "../../words/ToolFormat.ts"
import { CharacterAutomaton } from "./CharacterAutomaton.ts"
import { Choices } from "./Choices.ts"
import { isEmpty } from "./Dfa.ts"
import { Either, type Grammar, type GrammarNode, Sequence, Text } from "./Grammar.ts"
import { controlByte } from "./ControlBytes.ts"
import { encode, functionNotation, jsonNotation, type Notation } from "./Notation.ts"
import { type Language, Languages, TooLarge } from "./Language.ts"
import { readGrammar } from "./readGrammar.ts"
import { PatternProblem, wholeMatchesOf } from "./Pattern.ts"
import { readSchema } from "./schema/readSchema.ts"
import type { TokenTrie } from "./TokenTrie.ts"

/**
 * @param tokens of the vocabulary that the text is written in: it is known then how near the end is in tokens, and not in
 *   bytes alone.
 * @throws InvalidRequestError that names what cannot be followed
 */
export const compileConstraint = (constraint: Constraint, tokens?: TokenTrie): Grammar =>
  compile(constraint, new Map(), tokens)

/** @param known what stands in several places is one grammar. */
function compile(constraint: Constraint, known: Map<Constraint, Grammar>, tokens: TokenTrie | undefined): Grammar {
  const grammar = known.get(constraint) ?? compileAnew(constraint, known, tokens)
  known.set(constraint, grammar)
  return grammar
}

function compileAnew(constraint: Constraint, known: Map<Constraint, Grammar>, tokens: TokenTrie | undefined): Grammar {
  switch (constraint.type) {
    case "schema":
      return readSchema(constraint.schema, constraint.path, constraint.apart, notationOf(constraint.notation), tokens)
    case "grammar":
      return readGrammar(constraint.grammar)
    case "regex":
      return grammarOf(regexNode(constraint.regex))
    case "choices":
      return grammarOf(new Text(new Choices(constraint.choices.map(encode), tokens)))
    case "control":
      return grammarOf(controlNode(constraint.control))
    case "text":
      return grammarOf(freeText(constraint.without))
    case "sequence":
    case "anyOf": {
      const parts = constraint.of.map((part) => compile(part, known, tokens))
      const nodes = parts.map(({ root }) => root)
      const root = constraint.type === "sequence" ? new Sequence(nodes) : new Either(nodes)
      return { root, hasNames: parts.some(({ hasNames }) => hasNames) }
    }
  }
}

const notationOf = (format: ToolFormat | undefined): Notation =>
  format === "function-call" ? functionNotation : jsonNotation

function controlNode(name: string): GrammarNode {
  const byte = controlByte(name)
  if (byte === undefined) throw invalidRequest("constraint", `no text is held to ${name}`, "Use another token.")
  return new Text(new Choices([Uint8Array.of(byte)]))
}

const grammarOf = (root: GrammarNode): Grammar => ({ root, hasNames: false })

const regexNode = (regex: string): GrammarNode =>
  textOf("regex", (languages) => {
    try {
      return wholeMatchesOf(regex, languages)
    } catch (cause) {
      if (cause instanceof PatternProblem) throw invalidRequest("regex", cause.message, "Use a pattern without it.")
      throw cause
    }
  })

const freeText = (without: ReadonlyArray<string>): GrammarNode =>
  textOf("constraint", (languages) => {
    const { any } = languages
    const holding = without.map((text) => languages.sequence([any, languages.text(text), any]))
    return languages.not(languages.or(holding))
  })

function textOf(option: string, make: (languages: Languages) => Language): GrammarNode {
  try {
    const languages = new Languages()
    const dfa = languages.automaton(make(languages))
    if (isEmpty(dfa)) throw invalidRequest(option, "no text fits it", "Correct it.")
    return new Text(new CharacterAutomaton(dfa, "utf8"))
  } catch (cause) {
    if (!(cause instanceof TooLarge) && !(cause instanceof RangeError)) throw cause
    throw invalidRequest(option, "it takes too many states to follow", "Use smaller counts, or fewer alternatives.")
  }
}
