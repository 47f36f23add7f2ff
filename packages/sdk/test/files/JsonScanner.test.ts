import { assert, describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { JsonScanner, JsonSyntaxError } from "../../src/files/JsonScanner.ts"
import { spellJson } from "../fixtures/spellJson.ts"
import { seededUniform } from "../uniform.ts"
import { tries } from "../../../../test/campaign.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const outline = (text: string, depth = 1) => new JsonScanner(bytesOf(text)).outline(depth)

const Leaf = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean, Schema.Null])
const Values = Schema.Array(Schema.Union([Leaf, Schema.Array(Leaf), Schema.Record(Schema.String, Leaf)]))
const Seed = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 30 }))

/** What the text goes on with that was right so far. */
const scraps = [
  "",
  '"',
  "\\",
  "\\u12",
  "\\x",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "-",
  "0",
  ".",
  "e",
  "+1",
  "tru",
  "\u0001",
  "é",
]

const isJson = (read: () => unknown): boolean => {
  try {
    read()
    return true
  } catch {
    return false
  }
}

describe("JsonScanner", () => {
  it.prop("finds the fields that JSON.parse finds", { values: Values, seed: Seed }, ({ seed, values }) => {
    const list = Object.fromEntries(values.entries())
    const value = { ...list, nested: list }
    const text = spellJson(value, seededUniform(seed))
    const scanner = new JsonScanner(bytesOf(text))
    const { fields = new Map() } = scanner.outline(2)
    assert.sameMembers([...fields.keys()], Object.keys(value))
    for (const [name, of] of Object.entries(value)) {
      const { end, size, start } = fields.get(name)!
      expect(scanner.parse(start, end)).toEqual(JSON.parse(JSON.stringify(of)))
      if (Array.isArray(of)) assert.strictEqual(size, of.length)
    }
    assert.sameMembers([...fields.get("nested")!.fields!.keys()], Object.keys(value.nested))
  })

  it.prop(
    "takes what JSON.parse takes, and nothing else",
    { values: Values, seed: Seed, scrap: Schema.Literals(scraps) },
    ({ scrap, seed, values }) => {
      const random = seededUniform(seed)
      const text = spellJson(values, random).toWellFormed()
      const [from, length] = [Math.floor(random() * text.length), Math.floor(random() * 3)]
      const broken = (text.slice(0, from) + scrap + text.slice(from + length)).toWellFormed()
      for (const given of [text, broken, text.slice(0, from).toWellFormed()]) {
        const taken = isJson(() => JSON.parse(given))
        assert.strictEqual(
          isJson(() => outline(given)),
          taken,
          given,
        )
      }
    },
    { arbitrary: { runs: tries(200) } },
  )

  it.prop("copies what a string says", { text: Schema.String, seed: Seed }, ({ seed, text }) => {
    const said = text.toWellFormed()
    const scanner = new JsonScanner(bytesOf(spellJson(said, seededUniform(seed))))
    const into = new Uint8Array(scanner.bytes.length + 1)
    const end = scanner.copyString(into, 1)
    assert.strictEqual(new TextDecoder("utf-8", { ignoreBOM: true }).decode(into.subarray(1, end)), said)
    assert.strictEqual(scanner.at, scanner.bytes.length)
  })

  it("keeps halves of surrogate pairs apart", () => {
    const copied = ["\\ud800", "\\ud801", "\\udc00", "\ufffd"].map((text) => {
      const scanner = new JsonScanner(bytesOf(`"${text}"`))
      const into = new Uint8Array(8)
      return into.subarray(0, scanner.copyString(into, 0)).join()
    })
    assert.strictEqual(new Set(copied).size, 4)
  })

  it("goes past a byte order mark", () => {
    assert.strictEqual(outline('\ufeff{"a": [1, 2]}').fields?.get("a")?.size, 2)
  })

  it("refuses values that are nested without an end", () => {
    assert.throws(() => outline("[".repeat(100_000)), JsonSyntaxError, "within each other")
  })

  it.each([
    ["", "ends at byte 0"],
    ['{"a": [1, 2', "ends at byte 11"],
    ['{\n"a": x}', 'unexpected "x" at byte 7, in line 2'],
    ["1 2", 'unexpected "2" at byte 2, in line 1'],
  ])("says where %j stops to be JSON", (text, problem) => {
    assert.throws(() => outline(text), JsonSyntaxError, problem)
  })

  it.each([
    [[0xff]],
    [[0xc0, 0x80]],
    [[0xe0, 0x80, 0x80]],
    [[0xed, 0xa0, 0x80]],
    [[0xf5, 0x80, 0x80, 0x80]],
    [[0xe2, 0x96]],
  ])("refuses the bytes %j, which are no UTF-8", (bytes) => {
    const text = Uint8Array.of(0x22, ...bytes, 0x22)
    assert.throws(() => new JsonScanner(text).outline(0), JsonSyntaxError, "not UTF-8 text at byte 1")
  })
})
