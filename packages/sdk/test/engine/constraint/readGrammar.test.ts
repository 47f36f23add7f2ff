/** Grammars in GBNF. */
import { assert, describe, it } from "@effect/vitest"
import { InvalidRequestError } from "../../../src/words/Errors.ts"
import { automatonOf, letsThrough, writeAtRandom } from "../../fixtures/constraint.ts"
import { forSeeds } from "../../fixtures/random.ts"

const grammarOf = (grammar: string) => automatonOf({ type: "grammar", grammar })

/** Written for the test, in the notation that llama.cpp documents. */
const arithmetic = String.raw`
# sums of products
root    ::= sum "=" [0-9]+ "\n"?
sum     ::= product (("+" | "-") product)*
product ::= factor ("*"
  factor)*
factor  ::= number | "(" sum ")"
number  ::= "-"? [1-9] [0-9]{0,3}
`

const json = String.raw`
root   ::= value
value  ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" (string ":" value ("," string ":" value)*)? "}"
array  ::= "[" (value ("," value)*)? "]"
string ::= "\"" ([^"\\\x00-\x1F] | "\\" ["\\/bfnrt])* "\""
number ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)?
`

describe("a grammar", () => {
  it("lets through what it is a grammar of", () => {
    const sums = grammarOf(arithmetic)
    for (const text of ["1=1", "12*(3+4)-5=79", "(((7)))=7\n"]) assert.isTrue(letsThrough(sums, text), text)
    for (const text of ["", "1+=2", "(1=1", "12345=1", "01=1", "1=1\n\n"]) assert.isFalse(letsThrough(sums, text), text)
  })

  it("has sets, counts and any character", () => {
    const grammar = grammarOf(String.raw`root ::= [a-cé]{2} [^a-z] . "\t\u00e9\U0001F600"? ("x" | ){2,3} y* y ::= "y"`)
    for (const text of ["abA!", "éa1\n\té😀xx", "cc 😀xyy"]) assert.isTrue(letsThrough(grammar, text), text)
    for (const text of ["aaa!", "ab", "abA!xxxx"]) assert.isFalse(letsThrough(grammar, text), text)
  })

  it("comes back to itself", () => {
    const grammar = grammarOf(json)
    forSeeds(10, (random) => {
      const { isWhole, text } = writeAtRandom(grammar, random, 40)
      assert.isTrue(isWhole, text)
      assert.doesNotThrow(() => JSON.parse(text))
    })
  })

  it.each([
    ['start ::= "a"', "there is no rule `root`"],
    ["root ::= a", "which there is not"],
    ['root ::= "a', "in line 1, a text or a set does not end"],
    ['root ::= "a"\nroot ::= "b"', "in line 2, there are two rules"],
    ['root ::= "a" )', "in line 1, the name of a rule is expected"],
    ['root ::= ("a"', "`)` is expected"],
    ['root ::= "a"{3,2}', "is no range"],
    ["root ::= [z-a]", "a range ends before it begins"],
    ['root ::= root "a" | "a"', "begins with itself"],
    ['root ::= b? c\nb ::= "b"\nc ::= root "x" | "y"', "begins with itself"],
    ['root ::= "a" root', "no text ever comes to the end"],
    ["root = x", "`::=` is expected"],
  ])("that is wrong is refused: %s", (grammar, problem) => {
    try {
      grammarOf(grammar)
    } catch (error) {
      assert.instanceOf(error, InvalidRequestError)
      assert.include(error.problem, problem)
      assert.strictEqual(error.option, "grammar")
      return
    }
    assert.fail("it was let through")
  })
})
