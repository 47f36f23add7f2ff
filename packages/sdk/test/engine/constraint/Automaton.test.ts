/** Which tokens may come: the same by a walk over the vocabulary as by trying each. */
import { assert, describe, it } from "@effect/vitest"
import { tries } from "../../../../../test/campaign.ts"
import { Matcher } from "../../../src/engine/constraint/index.ts"
import type { Constraint } from "../../../src/words/Constraint.ts"
import { automatonOf, tokenizer, tokensOf, trie, vocabSize, writeAtRandom } from "../../fixtures/constraint.ts"
import { forSeeds } from "../../fixtures/random.ts"
import { randomSchema } from "../../fixtures/randomSchema.ts"

const all = Array.from({ length: vocabSize }, (_, id) => id)
const matcherOf = (constraint: Constraint) => new Matcher(automatonOf(constraint))
const say = (matcher: Matcher, text: string) => matcher.say(new TextEncoder().encode(text))
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe("the vocabulary", () => {
  it("has a place for each token that has bytes", () => {
    const found = new Map<number, string>()
    const path: Array<number> = []
    for (let node = 1; node < trie.size; node++) {
      path.length = trie.depths[node]! - 1
      path.push(trie.bytes[node]!)
      for (const id of [trie.tokens[node]!, ...(trie.twins.get(node) ?? [])]) if (id >= 0) found.set(id, path.join())
    }
    for (const id of all) assert.strictEqual(found.get(id) ?? "", tokenizer.bytesOf(id).join(), `token ${id}`)
  })

  it("spells every byte alone, so that no text is beyond it", () => {
    assert.deepStrictEqual(trie.unspellable, [])
  })
})

describe("a mask", () => {
  it("holds the tokens that may come, and no others, however near the end has to be", () => {
    forSeeds(tries(25, 400), (random) => {
      const schema = randomSchema(random, 2)
      const matcher = matcherOf({ type: "schema", schema })
      for (let step = 0; step < 12 && !matcher.mustEnd; step++) {
        const room = random.chance(0.5) ? Infinity : Math.max(0, matcher.distance - 2 + random.below(12))
        const allowed = tokensOf(matcher.mask(room))
        const tried = all.filter((id) => matcher.accepts(id, room))
        if (tried.length > 0) assert.deepStrictEqual(allowed, tried, JSON.stringify(schema))
        if (allowed.length === 0) break
        matcher.advance(random.pick(allowed))
      }
    })
  })

  it("never holds a control token", () => {
    const allowed = tokensOf(matcherOf({ type: "schema", schema: { type: "string" } }).mask())
    for (const id of tokenizer.controls.values()) assert.notInclude(allowed, id)
  })

  it("holds no token in which a name comes twice", () => {
    const matcher = matcherOf({ type: "schema", schema: { type: "object", additionalProperties: { const: 1 } } })
    say(matcher, '{"a":1,"b":1,"')
    const texts = tokensOf(matcher.mask()).map((id) => tokenizer.decode([id]))
    assert.notInclude(texts, 'a"')
    for (const id of all.filter((one) => tokenizer.decode([one]) === 'a":')) assert.isFalse(matcher.accepts(id))
    say(matcher, "a")
    assert.isFalse(all.some((id) => matcher.accepts(id) && tokenizer.decode([id]).startsWith('"')))
    say(matcher, "b")
    assert.isTrue(all.some((id) => matcher.accepts(id) && tokenizer.decode([id]).startsWith('"')))
  })
})

describe("what must come", () => {
  it("is known as far as there is no choice", () => {
    const schema = {
      type: "object",
      properties: { name: { const: "fox" }, legs: { type: "integer" } },
      required: ["name", "legs"],
    }
    const matcher = matcherOf({ type: "schema", schema })
    assert.strictEqual(textOf(matcher.forced()), '{"name":')
    say(matcher, '{"name":"')
    assert.strictEqual(textOf(matcher.forced()), 'fox",')
    say(matcher, 'fox", "legs":4')
    assert.strictEqual(textOf(matcher.forced()), "")
    assert.isFalse(matcher.mayEnd)
    say(matcher, "}")
    assert.isTrue(matcher.mustEnd)
  })

  it("is nothing where a text may end", () => {
    const matcher = matcherOf({ type: "choices", choices: ["a", "ab"] })
    say(matcher, "a")
    assert.isTrue(matcher.mayEnd)
    assert.isFalse(matcher.mustEnd)
    assert.strictEqual(textOf(matcher.forced()), "")
  })
})

describe("forms", () => {
  it("are put together", () => {
    const call: Constraint = {
      type: "sequence",
      of: [
        { type: "text", without: ["{"] },
        { type: "schema", schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } },
        {
          type: "anyOf",
          of: [
            { type: "regex", regex: "!+" },
            { type: "choices", choices: ["", "?"] },
          ],
        },
      ],
    }
    const fits = (text: string) => {
      const matcher = matcherOf(call)
      say(matcher, text)
      return matcher.mayEnd
    }
    for (const text of ['{"n":1}', 'Well: {"n":1}!!', 'é "quoted" {"n": 2}?']) assert.isTrue(fits(text), text)
    assert.throws(() => fits('{"n":1}?!'))
    forSeeds(10, (random) => assert.isTrue(writeAtRandom(automatonOf(call), random, 40).isWhole))
  })

  it("say how many of some guessed tokens may come", () => {
    const matcher = matcherOf({ type: "regex", regex: "(?:ab)+" })
    const ids = tokenizer.encodePlain("a").concat(tokenizer.encodePlain("b"), tokenizer.encodePlain("c"))
    assert.strictEqual(matcher.acceptsOf(ids), 2)
    assert.strictEqual(textOf(matcher.forced()), "ab")
  })
})
