/** Numbers are held to their bounds as text, and are within them as numbers. */
import { assert, describe, it } from "@effect/vitest"
import { tries } from "../../../../../../test/campaign.ts"
import { accepts } from "../../../../src/engine/constraint/ByteAutomaton.ts"
import { CharacterAutomaton } from "../../../../src/engine/constraint/CharacterAutomaton.ts"
import { isEmpty } from "../../../../src/engine/constraint/Dfa.ts"
import { type NumberBounds, numbersWithin } from "../../../../src/engine/constraint/schema/numbersWithin.ts"
import { forSeeds } from "../../../fixtures/random.ts"

const free = { isInteger: false, least: -Infinity, most: Infinity, isAbove: false, isBelow: false, multiplesOf: [] }
const automatonOf = (bounds: NumberBounds) => new CharacterAutomaton(numbersWithin(bounds), "utf8")
const fits = (automaton: CharacterAutomaton, text: string): boolean =>
  accepts(automaton, new TextEncoder().encode(text))

describe("numbersWithin", () => {
  it("lets a number through if and only if it is within the bounds", () => {
    forSeeds(tries(60), (random) => {
      const scale = random.pick([1, 10, 100, 0.5, 0.001])
      const from = random.chance(0.2) ? 0 : (random.below(2000) - 1000) * scale
      const to = from + random.below(1500) * scale
      const bounds = {
        isInteger: random.chance(0.5),
        least: random.chance(0.75) ? from : -Infinity,
        most: random.chance(0.75) ? to : Infinity,
        isAbove: random.chance(0.5),
        isBelow: random.chance(0.5),
        multiplesOf: random.chance(0.7) ? [] : [random.pick([3, 7, 0.5, 0.01, 12])],
      }
      const numbers = automatonOf(bounds)
      for (let i = 0; i < 100; i++) {
        const near = random.pick([from, to]) + (random.below(21) - 10) * scale * random.pick([1, 0.1, 0.5])
        const value = random.chance(0.6) ? near : random.below(5000) - 2500
        const text = random.chance(0.8) ? String(value) : value.toFixed(random.below(4))
        // Written so, it is no number of ours: with an exponent, as a zero below zero, with too many digits.
        if (text.includes("e") || /^-0(?:\.0*)?$/.test(text) || text.replace(/\D/g, "").length > 15) continue
        const number = Number(text)
        const isWithin =
          (bounds.isAbove ? number > bounds.least : number >= bounds.least) &&
          (bounds.isBelow ? number < bounds.most : number <= bounds.most)
        const isWhole = !bounds.isInteger || /^-?\d+$/.test(text)
        const divides = (divisor: number) => Math.abs(number / divisor - Math.round(number / divisor)) < 1e-9
        const expected = isWithin && isWhole && bounds.multiplesOf.every(divides)
        assert.strictEqual(fits(numbers, text), expected, `${text} in ${JSON.stringify(bounds)}`)
      }
    })
  })

  it("writes them as JSON does, with a fraction or without", () => {
    const numbers = automatonOf(free)
    for (const text of ["0", "-1", "12.50", "0.001", "-0.5"]) assert.isTrue(fits(numbers, text), text)
    for (const text of ["", "-", "01", "-0", "-0.0", "1.", ".5", "+1", "1e3", "0x5", "1234567890123456"]) {
      assert.isFalse(fits(numbers, text), text)
    }
  })

  it("never lets an integer through that a double does not hold", () => {
    const integers = automatonOf({ ...free, isInteger: true })
    assert.isTrue(fits(integers, "-9007199254740991"))
    assert.isFalse(fits(integers, "9007199254740992"))
    assert.isFalse(fits(integers, "1.0"))
  })

  it("takes bounds of any size", () => {
    assert.isTrue(fits(automatonOf({ ...free, least: 1e-7, most: 1e21 }), "0.0000001"))
    assert.isFalse(fits(automatonOf({ ...free, least: 1e-7 }), "0.00000009"))
    assert.isTrue(isEmpty(numbersWithin({ ...free, least: 1e21 })))
    assert.isFalse(fits(automatonOf({ ...free, most: 0.1, isBelow: true }), "0.1"))
    assert.isFalse(fits(automatonOf({ ...free, most: 0.1, isBelow: true }), "0.10"))
    assert.isTrue(fits(automatonOf({ ...free, most: 0.1, isBelow: true }), "0.0999999999999"))
  })
})
