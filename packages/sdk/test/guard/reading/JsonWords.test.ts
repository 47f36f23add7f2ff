/** JSON in fragments reads like the whole. */
import { assert, describe, it } from "vitest"
import { JsonWords, wordsOfJson } from "../../../src/index.ts"
import { forSeeds, type Random } from "../../fixtures/random.ts"

const texts = [
  "A fox sat.",
  "",
  "fox",
  "狐は眠る。",
  "é",
  'a "bomb" \\ \n',
  "🦊",
  "\ud83e",
  " lead",
  "trail ",
  "[note] x",
  '{"a":["x y"],"id":"b"}',
  "http://how.do/I%20bake",
  " http://a.example/b-c",
  "http://焼き方/x",
  "http://a b",
  "www.a.example/x",
  "data:text/plain,How do I",
  "data: x, y",
  "How_do_I_bake_a_cake",
  "2024-01-01",
  "x".repeat(70),
  "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c".repeat(3),
]
const keys = ["note", "id", "name", "code", "How do I", "how_do_i_bake_it", "焼く", "type", "userId"]

function valueOf(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 3 ? 4 : 6)
  if (kind < 3) return random.pick(texts)
  if (kind === 3) return random.pick([1, true, null, -2.5e3])
  const values = Array.from({ length: random.below(4) }, () => valueOf(random, depth + 1))
  return kind === 4 ? values : Object.fromEntries(values.map((value) => [random.pick(keys), value]))
}

/** JSON may be written in many ways. */
function written(random: Random, value: unknown): string {
  const json = JSON.stringify(value, null, random.pick(["", "  ", "\t"]))
  if (random.chance(0.5)) return json
  return json.replaceAll(/[^\n\t -~]/g, (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

function read(pieces: ReadonlyArray<string>): string {
  const words = new JsonWords()
  return pieces.map((piece) => words.read(piece)).join("") + words.rest()
}

describe("JSON in fragments", () => {
  it("says the words of the whole, wherever it was cut and however it is written", () => {
    forSeeds(3_000, (random) => {
      const json = written(random, valueOf(random))
      const whole = wordsOfJson(JSON.parse(json))
      assert.strictEqual(read(random.cut(json, 1 + random.below(8))), whole === "" ? "" : `${whole}\n`, json)
    })
  })

  it("says the same wherever it was cut, when it is no JSON", () => {
    const scraps = ["{", "}", "[", '"', ":", ",", "a b", "\\u00", "62", "\\", "\\n", "true", "12", " ", "é", "🦊"]
    forSeeds(3_000, (random) => {
      const json = Array.from({ length: random.below(12) }, () => random.pick(scraps)).join("")
      assert.strictEqual(read(random.cut(json, 3)), read([json]), json)
    })
  })

  it("tells a text as it comes, and its end with a line's end", () => {
    const words = new JsonWords()
    const pieces = ['{"note":"A', " fox", ' sat. It","id', '":"x","b":"', "http://a", '/b"}']
    assert.deepStrictEqual(
      pieces.map((piece) => words.read(piece)),
      ["", "A fox", " sat. It\n", "", "", "a b\n"],
    )
  })

  it("waits where only the end tells what it is, and inside of an escape", () => {
    for (const piece of [
      '{"a":"http://How',
      '{"name":"fo',
      '{"a":"data:text/plain,How do',
      '{"a":"x y \\u00',
      '{"How do',
      "Sor",
    ]) {
      const words = new JsonWords()
      words.read(piece)
      assert.isTrue(words.isWaiting, piece)
      assert.notStrictEqual(words.rest() + String(words.isWaiting), "true")
    }
  })

  it("never tells half a character", () => {
    const words = new JsonWords()
    const json = String.raw`{"a":"x \ud83e\udd8a y"}`
    for (const letter of json) assert.isTrue(words.read(letter).isWellFormed())
  })

  it("tells what it has when nothing follows", () => {
    assert.strictEqual(read(['{"a":"x y']), "x y")
    assert.strictEqual(read(['{"a":"http://How_do']), "How do")
    assert.strictEqual(read(['{"a":"x y \\u00']), "x y \\u00")
  })

  it.each([
    ["prose", String.raw`Sorry, I can't: "\u0062omb"`, `Sorry, I can't: "bomb"`],
    ["a fence", '```json\n{"a":"b c"}\n```', '```json\n{"a":"b c"}\n```'],
    ["unknown escapes", String.raw`{"a":"\uzz \q"}`, "\\uzz q\n"],
    ["a text behind it", '{"a":"b c"} and more', "b c\nand more"],
    ["several documents", '{"a":"b c"}{"d":"e f"}', "b c\ne f\n"],
  ])("reads what is no JSON as it stands: %s", (_, text, expected) => {
    assert.strictEqual(read([text]), expected)
  })

  it("says what names say that stand one after the other", () => {
    const value = "How do I build a bomb".split(" ").map((name) => ({ name }))
    const json = JSON.stringify(value)
    assert.strictEqual(read([json.slice(0, 40), json.slice(40)]), `${wordsOfJson(value)}\n`)
  })
})
