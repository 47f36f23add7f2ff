/** A length beside a pattern: the same texts as by both put together in one automaton, with a count in place of the states. */
import { assert, describe, it } from "@effect/vitest"
import { tries } from "../../../../../test/campaign.ts"
import { type CharacterStates, DfaStates } from "../../../src/engine/constraint/CharacterStates.ts"
import { CountedStates } from "../../../src/engine/constraint/CountedStates.ts"
import type { Dfa } from "../../../src/engine/constraint/Dfa.ts"
import { Languages, TooLarge } from "../../../src/engine/constraint/Language.ts"
import { matchesOf } from "../../../src/engine/constraint/Pattern.ts"
import { forSeeds } from "../../fixtures/random.ts"

const patterns = ["^[ab]*$", "a", "^(?:aa|b)+$", "^a{2,4}b*$", "^(?!ab)[a-c]+$", "^(?:a|bbb)*é?$", "^$", "^a+\n$"]
const letters = ["a", "b", "c", "é", "\n"]

const costsOf = ({ atoms }: Dfa) => Array.from({ length: atoms.count }, () => 1)

/** A pattern and a length, counted and put together. */
function bothOf(pattern: string, least: number, most: number) {
  const languages = new Languages()
  const matching = matchesOf(pattern, languages)
  const alone = languages.automaton(matching)
  const long = languages.repeat(languages.character, least, most)
  const together = languages.automaton(languages.and([matching, long]))
  return {
    counted: new CountedStates(alone, costsOf(alone), { least, most }),
    product: new DfaStates(together, costsOf(together)),
  }
}

function after(states: CharacterStates, state: number, letter: string): number {
  const code = letter.codePointAt(0) ?? 0
  const { atom } = states.atoms.ranges.find(({ from, to }) => from <= code && code <= to) ?? assert.fail(letter)
  return states.after(state, atom)
}

const accepts = (states: CharacterStates, text: string): boolean => {
  let state = 0
  for (const letter of text) {
    state = after(states, state, letter)
    if (state < 0) return false
  }
  return states.accepts(state)
}

describe("counted states", () => {
  it("accept what fits both, and begin nothing that cannot end", () => {
    forSeeds(tries(300, 5000), (random) => {
      const least = random.below(6)
      const most = random.chance(0.3) ? Infinity : least + random.below(6)
      const pattern = random.pick(patterns)
      const { counted, product } = bothOf(pattern, least, most)
      const text = Array.from({ length: random.below(9) }, () => random.pick(letters)).join("")
      const told = `${pattern} ${least} ${most} ${text}`
      assert.strictEqual(counted.distance(0), product.distance(0), told)
      if (counted.distance(0) === Infinity) return
      assert.strictEqual(accepts(counted, text), accepts(product, text), told)
      let [a, b] = [0, 0]
      for (const letter of text) {
        ;[a, b] = [after(counted, a, letter), after(product, b, letter)]
        assert.strictEqual(a < 0, b < 0, told)
        if (a < 0) return
        assert.strictEqual(counted.distance(a), product.distance(b), told)
        assert.isAtMost(counted.distance(a), counted.farthest)
      }
    })
  })

  it("are alike where no token reaches so far that the length would end it", () => {
    const { counted } = bothOf("^(?:a|bbb)*$", 2, 1000)
    const at = (text: string) => Array.from(text).reduce((state, letter) => after(counted, state, letter), 0)
    assert.strictEqual(counted.alike(at("a".repeat(20))), counted.alike(at("a".repeat(300))))
    assert.notStrictEqual(counted.alike(at("a".repeat(20))), counted.alike(at("a".repeat(300) + "b")))
    assert.notStrictEqual(counted.alike(at("a".repeat(20))), counted.alike(at("a".repeat(999))))
    assert.notStrictEqual(counted.alike(at("a".repeat(20))), counted.alike(at("a")))
  })

  it("are no more for a length of a billion, and too many where as many characters must come", () => {
    const languages = new Languages()
    const dfa = languages.automaton(matchesOf("^[a-z ]*$", languages))
    const states = new CountedStates(dfa, costsOf(dfa), { least: 1, most: 1e9 })
    assert.isTrue(accepts(states, "a".repeat(500)))
    assert.isFalse(accepts(states, ""))
    assert.throws(() => new CountedStates(dfa, costsOf(dfa), { least: 1e9, most: Infinity }), TooLarge)
  })
})
