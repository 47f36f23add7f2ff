/** A JSON Schema as a grammar of JSON texts. */
import type { ByteAutomaton } from "../ByteAutomaton.ts"
import { CharacterAutomaton } from "../CharacterAutomaton.ts"
import { Choices } from "../Choices.ts"
import { isEmpty } from "../Dfa.ts"
import { Either, type Grammar, type GrammarNode, never, Rule, Sequence, settle, Text } from "../Grammar.ts"
import { type FurtherShape, jsonArray, jsonObject, type PropertyShape } from "../JsonNodes.ts"
import { encode, jsonNotation, type Notation } from "../Notation.ts"
import type { TokenTrie } from "../TokenTrie.ts"
import { anyString, JsonString } from "../JsonString.ts"
import { isList, isRecord } from "../../../words/Json.ts"
import type { Language, Languages } from "../Language.ts"
import { conforms, fits, type ShapesOf } from "./conforms.ts"
import { alsoReserved, type Apart, inOrder, valueInOrder } from "./Apart.ts"
import { areDisjoint } from "./areDisjoint.ts"
import { areToldApart } from "./areToldApart.ts"
import { areAllWrittenApart, areWrittenApart } from "./areWrittenApart.ts"
import { cut, pathTo, refuse } from "./Keywords.ts"
import { numbersWithin } from "./numbersWithin.ts"
import { type Alternatives, type BarePart, type Flat, type Part, SchemaDocument } from "./Parts.ts"
import { isOpen, type Kind, memberParts, type PatternRule, type Shape, shapeOf } from "./Shape.ts"
import { anyLength, languageOf, patternLanguages, stringLanguages, textAutomaton, within } from "./textAutomaton.ts"

/** A schema with more parts is refused: it would take seconds and hundreds of megabytes. */
const mostRules = 20_000
/** Ways in which lists of alternatives that stand beside each other may be combined. */
const mostCombinations = 1024
/** Patterns of names in one object: each combination of them is a case of its own. */
const mostNamePatterns = 5

/**
 * @param schema one that `checkConstraint` let pass.
 * @param path where the schema stands, as a caller writes it.
 * @param apart of which objects have the second before the first.
 * @param notation how values are written.
 * @param tokens what they are said in, to know in how few.
 * @throws InvalidRequestError that names the path of what cannot be followed, or that nothing fits
 */
export function readSchema(
  schema: unknown,
  path = "schema",
  apart?: Apart,
  notation = jsonNotation,
  tokens?: TokenTrie,
): Grammar {
  return new SchemaReader(new SchemaDocument(schema, path), apart, notation, tokens).read()
}

interface Reason {
  readonly path: string
  readonly problem: string
}

class SchemaReader {
  readonly #document: SchemaDocument
  readonly #apart: Apart | undefined
  readonly #notation: Notation
  readonly #tokens: TokenTrie | undefined
  readonly #rules = new Map<string, Rule>()
  readonly #waiting: Array<() => void> = []
  readonly #shapes = new Map<string, ReadonlyArray<Shape>>()
  readonly #strings = new Map<string, ByteAutomaton | undefined>()
  readonly #numbers = new Map<string, ByteAutomaton | undefined>()
  /** Why parts are impossible, in the order in which it was found out. */
  readonly #reasons: Array<Reason> = []
  #hasNames = false

  constructor(document: SchemaDocument, apart: Apart | undefined, notation: Notation, tokens: TokenTrie | undefined) {
    this.#document = document
    this.#apart = apart
    this.#notation = notation
    this.#tokens = tokens
  }

  read(): Grammar {
    const root = this.#rule([this.#document.root])
    for (let work = this.#waiting.pop(); work !== undefined; work = this.#waiting.pop()) work()
    settle([...this.#rules.values()])
    if (root.cost === Infinity) {
      const { path, problem } = this.#reasons[0] ?? {
        path: this.#document.root.path,
        problem: "what it asks for has itself as a part, and so never ends",
      }
      throw refuse(path, problem, "Correct the schema such that something fits.")
    }
    return { root, hasNames: this.#hasNames }
  }

  /** What fits all parts. Read later, so that no depth is too great. */
  #rule(parts: ReadonlyArray<Part>): Rule {
    const unique = [...new Map(parts.map((part) => [keyOfPart(part), part])).values()]
    const key = unique.map(keyOfPart).toSorted().join("\n")
    const known = this.#rules.get(key)
    if (known !== undefined) return known
    const path = unique[0]?.path ?? this.#document.root.path
    if (this.#rules.size >= mostRules) {
      throw refuse(cut(path), `the schema comes to more than ${mostRules} cases`, "Use a smaller one.")
    }
    const rule = new Rule(path)
    this.#rules.set(key, rule)
    this.#waiting.push(() => void (rule.body = this.#body(unique, path)))
    return rule
  }

  #body(parts: ReadonlyArray<Part>, path: string): GrammarNode {
    const flat = this.#document.flatten(parts)
    if (flat.never !== undefined) return this.#impossible(flat.never, "nothing fits it")
    if (flat.alternatives.length === 0) return this.#shape(shapeOf(flat.parts, path))
    this.#checkExclusive(flat)
    return new Either(this.#combinations(flat).map((combination) => this.#rule(combination)))
  }

  /** The lists of parts of which a value has to fit one. */
  #combinations({ alternatives, parts }: Flat): ReadonlyArray<ReadonlyArray<Part>> {
    const bare: ReadonlyArray<Part> = parts.filter(saysSomething).map((part) => ({ ...part, isBare: true }))
    return alternatives.reduce<ReadonlyArray<ReadonlyArray<Part>>>(
      (combinations, { of, path }) => {
        if (combinations.length * of.length > mostCombinations && combinations.length > 1) {
          throw refuse(path, `with what stands beside it, it makes more than ${mostCombinations} cases`, "Use fewer.")
        }
        return combinations.flatMap((combination) => of.map((part) => [...combination, part]))
      },
      [bare],
    )
  }

  /** Of `oneOf`, no value may fit two alternatives. */
  #checkExclusive({ alternatives, parts }: Flat): void {
    const bare = parts.map((part) => ({ ...part, isBare: true }))
    // Beside other alternatives, what is written may have their members, too.
    const isAlone = alternatives.length === 1
    for (const { isExclusive, of, path } of alternatives) if (isExclusive) this.#checkPairs(bare, of, path, isAlone)
  }

  #checkPairs(bare: ReadonlyArray<Part>, of: Alternatives["of"], path: string, isAlone: boolean): void {
    const whole = of.map((one) => [...bare, one])
    if (areToldApart(whole, (parts) => this.#shapesOf(parts))) return
    if (isAlone && areAllWrittenApart(whole.map((parts) => this.#shapesOf(parts)))) return
    for (const [i, one] of of.entries()) {
      for (const [j, other] of of.slice(i + 1).entries()) {
        const shapesOf: ShapesOf = (parts) => this.#shapesOf(parts)
        if (areDisjoint([...bare, one], [...bare, other], shapesOf)) continue
        if (isAlone && areWrittenApart(shapesOf([...bare, one]), shapesOf([...bare, other]))) continue
        throw refuse(
          path,
          `alternatives ${i} and ${i + 1 + j} may both fit, and \`oneOf\` lets one alone`,
          "Use `anyOf`, or a required property with another constant in each.",
        )
      }
    }
  }

  #shapesOf(parts: ReadonlyArray<Part>): ReadonlyArray<Shape> {
    const key = parts.map(keyOfPart).join("\n")
    const known = this.#shapes.get(key)
    if (known !== undefined) return known
    // While it is found out, something that comes back to itself is nothing yet.
    this.#shapes.set(key, [])
    const flat = this.#document.flatten(parts)
    const path = parts[0]?.path ?? this.#document.root.path
    const shapes =
      flat.never !== undefined
        ? []
        : flat.alternatives.length === 0
          ? [shapeOf(flat.parts, path)]
          : this.#combinations(flat).flatMap((combination) => this.#shapesOf(combination))
    this.#shapes.set(key, shapes)
    return shapes
  }

  #shape(shape: Shape): GrammarNode {
    if (shape.values !== undefined) return this.#values(shape.values, shape)
    if (shape.kinds.size === 0)
      return this.#impossible(pathTo(shape.path, "type"), "no type is left that all of it allows")
    return new Either([...shape.kinds].map((kind) => this.#kind(kind, shape)))
  }

  #values(values: ReadonlyArray<unknown>, shape: Shape): GrammarNode {
    const rest = { ...shape, values: undefined }
    const fitting = values.filter((value) => fits(value, rest, (parts) => this.#shapesOf(parts)))
    if (fitting.length === 0) return this.#impossible(pathTo(shape.path, "enum"), "none of its values fits the rest")
    const texts = fitting.map((value) => JSON.stringify(valueInOrder(value, this.#apart)))
    const broken = texts.findIndex((text) => !text.isWellFormed() || text.includes("\\ud"))
    if (broken >= 0 && !fitting.every(isUnicode)) {
      throw refuse(
        pathTo(pathTo(shape.path, "enum"), broken),
        "it holds half a surrogate pair",
        "Use well-formed texts.",
      )
    }
    for (const [i, text] of texts.entries()) this.#checkBorder(text, pathTo(pathTo(shape.path, "enum"), i))
    const spelt = fitting.map((value) => this.#notation.value(valueInOrder(value, this.#apart)))
    return new Text(new Choices(spelt, this.#tokens))
  }

  #kind(kind: Kind, shape: Shape): GrammarNode {
    switch (kind) {
      case "null":
        return this.#word("null")
      case "boolean":
        return this.#word("true", "false")
      case "number":
        return this.#number(shape)
      case "string":
        return this.#string(shape)
      case "array":
        return this.#array(shape)
      case "object":
        return this.#object(shape)
    }
  }

  #word(...texts: ReadonlyArray<string>): GrammarNode {
    return new Text(new Choices(texts.map(encode), this.#tokens))
  }

  #number({ number, path }: Shape): GrammarNode {
    const key = JSON.stringify({ ...number, least: String(number.least), most: String(number.most) })
    if (!this.#numbers.has(key)) {
      const dfa = within(pathTo(path, "multipleOf"), () => numbersWithin(number))
      this.#numbers.set(key, isEmpty(dfa) ? undefined : new CharacterAutomaton(dfa, "utf8"))
    }
    const automaton = this.#numbers.get(key)
    const problem = "no number of at most 15 digits lies within the bounds"
    return automaton === undefined ? this.#impossible(numberPath(path, number), problem) : new Text(automaton)
  }

  #string(shape: Shape): GrammarNode {
    const { path, string } = shape
    if (string.least > string.most)
      return this.#impossible(pathTo(path, "maxLength"), "it is below minLength: nothing fits")
    const automaton = this.#stringAutomaton(shape)
    if (automaton !== undefined) return new Text(automaton)
    return this.#impossible(string.patterns[0]?.path ?? path, "no text fits the pattern and what stands beside it")
  }

  /** Undefined where nothing fits. */
  #stringAutomaton({ path, string }: Shape): ByteAutomaton | undefined {
    const { least, most, patterns } = string
    const key = JSON.stringify([least, String(most), patterns.map(({ source }) => source)])
    if (this.#strings.has(key)) return this.#strings.get(key)
    const automaton =
      patterns.length > 0
        ? textAutomaton(
            patterns[0]?.path ?? path,
            string,
            (languages) => languages.and(patternLanguages(string, languages)),
            this.#notation,
          )
        : this.#anyString(path, least, most)
    this.#strings.set(key, automaton)
    return automaton
  }

  /** In JSON, what follows in a string of which only the length is asked is found out once. */
  #anyString(path: string, least: number, most: number): ByteAutomaton | undefined {
    if (this.#notation !== jsonNotation) {
      return textAutomaton(path, { least, most }, (languages) => languages.any, this.#notation)
    }
    return least === 0 && most === Infinity ? anyString : new JsonString(least, most)
  }

  #checkBorder(text: string, path: string): void {
    const { border } = this.#notation
    if (border === undefined || !text.includes(border)) return
    throw refuse(path, `it holds ${border}, which ends a text of this model's tools`, "Use another text.")
  }

  #array({ array, path }: Shape): GrammarNode {
    const { items, least, most, prefix } = array
    if (least > most) return this.#impossible(pathTo(path, "maxItems"), "it is below minItems: nothing fits")
    return new Sequence(
      jsonArray({
        notation: this.#notation,
        prefix: prefix.slice(0, most).map((parts) => this.#rule(parts)),
        items: prefix.length < most ? this.#rule(items) : never,
        least,
        most,
      }),
    )
  }

  #object(shape: Shape): GrammarNode {
    const { object, path } = shape
    if (object.least > object.most)
      return this.#impossible(pathTo(path, "maxProperties"), "it is below minProperties: nothing fits")
    const listed = this.#listedNames(shape)
    const properties: Array<PropertyShape> = []
    const names = [...object.names, ...(listed ?? []).filter((name) => !object.names.includes(name))]
    for (const name of inOrder(names, this.#apart)) {
      this.#checkBorder(name, pathTo(pathTo(path, "properties"), name))
      const isRequired = object.required.has(name)
      const isAllowed = this.#isName(name, shape)
      const value = isAllowed ? this.#rule(object.parts.flatMap((part) => memberParts(part, name))) : never
      if (!isAllowed && isRequired) {
        this.#impossible(pathTo(path, "required"), `${JSON.stringify(name)} is required, and no such name is allowed`)
      }
      properties.push({ name, value, isRequired })
    }
    const further = listed === undefined ? this.#further(shape) : []
    if (further.length > 0) this.#hasNames = true
    const { least, most } = object
    if (further.length === 0 && properties.length < least) {
      return this.#impossible(pathTo(path, "minProperties"), `there are no names for ${least} members`)
    }
    const reserved = alsoReserved(object.names, this.#apart)
    return new Sequence(
      jsonObject({ notation: this.#notation, tokens: this.#tokens, properties, further, reserved, least, most }),
    )
  }

  /** What `propertyNames` says, of all parts. */
  #nameParts({ object }: Shape): ReadonlyArray<Part> {
    return object.parts.flatMap(({ path, schema }) =>
      schema["propertyNames"] === undefined
        ? []
        : [{ schema: schema["propertyNames"], path: pathTo(path, "propertyNames") }],
    )
  }

  #isName(name: string, shape: Shape): boolean {
    return conforms(name, this.#nameParts(shape), (parts) => this.#shapesOf(parts))
  }

  /** Where names are listed, they are: each is a property that may be left out. */
  #listedNames(shape: Shape): ReadonlyArray<string> | undefined {
    const parts = this.#nameParts(shape)
    if (parts.length === 0) return undefined
    const shapes = this.#shapesOf(parts)
    if (shapes.some(({ values }) => values === undefined)) return undefined
    const values = shapes.flatMap(({ values }) => values ?? [])
    return values.filter((value) => typeof value === "string").filter((name) => this.#isName(name, shape))
  }

  /** Members that no part names: by the patterns that their names match. */
  #further(shape: Shape): ReadonlyArray<FurtherShape> {
    const { object, path } = shape
    const patterns = object.parts.flatMap((part) => namePatterns(part))
    if (patterns.length > mostNamePatterns) {
      throw refuse(
        pathTo(path, "patternProperties"),
        `more than ${mostNamePatterns} patterns beside each other`,
        "Use fewer.",
      )
    }
    const sets = Array.from({ length: 2 ** patterns.length }, (_, bits) =>
      patterns.map((_, i) => ((bits >> i) & 1) === 1),
    )
    return sets.flatMap((matches) => {
      const isUnmatched = !matches.includes(true)
      if (isUnmatched && !isOpen(object.parts)) return []
      const parts = object.parts.flatMap((part) =>
        furtherParts(
          part,
          patterns.filter((_, i) => matches[i]).map(({ path }) => path),
        ),
      )
      if (this.#shapesOf(parts).length === 0) return []
      const names = this.#names(shape, patterns, matches)
      return names === undefined ? [] : [{ names, value: this.#rule(parts) }]
    })
  }

  #names(
    shape: Shape,
    patterns: ReadonlyArray<PatternRule>,
    matches: ReadonlyArray<boolean>,
  ): ByteAutomaton | undefined {
    const shapes = this.#shapesOf(this.#nameParts(shape)).filter(({ kinds }) => kinds.has("string"))
    if (shapes.length === 0) return undefined
    const isFree = patterns.length === 0 && shapes.every(({ string }) => isAnyString(string))
    if (isFree) return this.#anyString(shape.path, 0, Infinity)
    const at = patterns[0]?.path ?? pathTo(shape.path, "propertyNames")
    const [only] = shapes
    const length = only !== undefined && shapes.length === 1 ? only.string : anyLength
    const languagesOf = length === anyLength ? stringLanguages : patternLanguages
    const named = (languages: Languages): Language =>
      languages.and([
        languages.or(shapes.map(({ string }) => languages.and(languagesOf(string, languages)))),
        ...patterns.map(({ path, source }, i) => {
          const matching = languageOf({ source, path }, languages)
          return matches[i] === true ? matching : languages.not(matching)
        }),
      ])
    return textAutomaton(at, length, named, this.#notation)
  }

  #impossible(path: string, problem: string): GrammarNode {
    this.#reasons.push({ path, problem })
    return never
  }
}

const keyOfPart = ({ isBare = false, path }: Part): string => `${isBare ? "!" : ""}${path}`

/** Whether a schema says anything of a value beside alternatives and references. */
const silent = new Set([
  "anyOf",
  "oneOf",
  "allOf",
  "$ref",
  "title",
  "description",
  "default",
  "examples",
  "$comment",
  "$schema",
  "$id",
  "$defs",
  "definitions",
  "$anchor",
  "deprecated",
])
const saysSomething = ({ schema }: BarePart): boolean => Object.keys(schema).some((keyword) => !silent.has(keyword))

const isUnicode = (value: unknown): boolean => {
  if (typeof value === "string") return value.isWellFormed()
  if (isList(value)) return value.every(isUnicode)
  return isRecord(value) ? Object.entries(value).every(([key, item]) => key.isWellFormed() && isUnicode(item)) : true
}

const isAnyString = ({ least, most, patterns }: Shape["string"]): boolean =>
  least === 0 && most === Infinity && patterns.length === 0

function namePatterns({ path, schema }: BarePart): ReadonlyArray<PatternRule> {
  const { patternProperties } = schema
  const at = pathTo(path, "patternProperties")
  return isRecord(patternProperties)
    ? Object.keys(patternProperties).map((source) => ({ source, path: pathTo(at, source) }))
    : []
}

/** What a part says of a further member whose name matches these patterns. */
function furtherParts({ path, schema }: BarePart, matched: ReadonlyArray<string>): ReadonlyArray<Part> {
  const { additionalProperties, patternProperties, unevaluatedProperties } = schema
  const own = Object.entries(isRecord(patternProperties) ? patternProperties : {})
    .map(([pattern, value]) => ({ schema: value, path: pathTo(pathTo(path, "patternProperties"), pattern) }))
    .filter((part) => matched.includes(part.path))
  if (own.length > 0) return own
  if (additionalProperties !== undefined)
    return [{ schema: additionalProperties, path: pathTo(path, "additionalProperties") }]
  return unevaluatedProperties === false ? [{ schema: false, path: pathTo(path, "unevaluatedProperties") }] : []
}

const numberPath = (path: string, { least, most }: Shape["number"]): string =>
  pathTo(path, most < Infinity ? "maximum" : least > -Infinity ? "minimum" : "type")
