/** A pattern is followed as the platform would test it. */
import { assert, describe, it } from "@effect/vitest"
import { accepts } from "../../../src/engine/constraint/ByteAutomaton.ts"
import { CharacterAutomaton } from "../../../src/engine/constraint/CharacterAutomaton.ts"
import { Quoted } from "../../../src/engine/constraint/JsonString.ts"
import { Languages } from "../../../src/engine/constraint/Language.ts"
import { matchesOf, PatternProblem, wholeMatchesOf } from "../../../src/engine/constraint/Pattern.ts"
import { randomFrom } from "../../fixtures/random.ts"

const patterns = [
  "^[a-z]+$",
  "a",
  "x*",
  "^$",
  "^\\p{L}{2,5}$",
  "^a$|^b+$",
  "(foo|bar)$",
  "^(a|ab)(c|bcd)?$",
  '^[^"\\\\]{1,3}$',
  "^\\u{1F600}.\\s\\w$",
  "^(?=.*\\d)(?=.*[a-z]).{4,8}$",
  "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
  "^(?<first>a)(?:b){2}c{1}?\\x41\\cJ?[\\b\\d-]*$",
  "^[^]$",
  "^\\P{L}\\D\\W\\S$",
  "^(?:a(?!b)|ab(?=c))c?$",
]
const letters = Array.from('ab.cx@0Z9A é😀"\\\nfor\u0001')
const words = ["", "foo@bar.co", "a.b@c.de", "a..b@c.de", "😀x\tz", "😀x z", "foobar", "ab1cd", "abbcA\n9-", "!!!a"]

describe("matchesOf", () => {
  it.each(patterns)("lets the texts through in which %s is found, as they are and as JSON", (source) => {
    const languages = new Languages()
    const dfa = languages.automaton(matchesOf(source, languages))
    const [plain, json] = [new CharacterAutomaton(dfa, "utf8"), new Quoted(new CharacterAutomaton(dfa, "json"), 0x22)]
    const pattern = new RegExp(source, "u")
    const random = randomFrom(1)
    const texts = Array.from({ length: 2000 }, () =>
      Array.from({ length: random.below(7) }, () => random.pick(letters)).join(""),
    )
    for (const text of [...words, ...texts]) {
      const fits = pattern.test(text)
      const encode = (value: string) => new TextEncoder().encode(value)
      assert.strictEqual(accepts(plain, encode(text)), fits, JSON.stringify(text))
      assert.strictEqual(accepts(json, encode(JSON.stringify(text))), fits, JSON.stringify(text))
    }
  })

  it.each([
    ["(", "it is no pattern"],
    ["(a)\\1", "it refers back"],
    ["(?<=a)b", "it looks behind"],
    ["\\bword", "it asks for a word's border"],
    ["(?:a|^b)*", "it repeats an assertion"],
    ["a?^b", "what stands before a `^`"],
  ])("refuses %s", (source, problem) => {
    assert.throws(() => matchesOf(source, new Languages()), PatternProblem, problem)
  })
})

describe("wholeMatchesOf", () => {
  it("lets through what a pattern matches from start to end", () => {
    const languages = new Languages()
    const automaton = new CharacterAutomaton(languages.automaton(wholeMatchesOf("b|^a+$", languages)), "utf8")
    const fits = (text: string) => accepts(automaton, new TextEncoder().encode(text))
    assert.deepStrictEqual(["b", "aa", "ab", "", "bb"].map(fits), [true, true, false, false, false])
  })
})
