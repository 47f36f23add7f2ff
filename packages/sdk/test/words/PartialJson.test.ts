import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { PartialJson } from "../../src/words/PartialJson.ts"

/** What each prefix of a text says, a character at a time. */
function prefixesOf(text: string): ReadonlyArray<unknown> {
  const json = new PartialJson()
  return Array.from(text, (character) => {
    json.push(character)
    return json.value?.value
  })
}

const said = (text: string): unknown => {
  const json = new PartialJson()
  json.push(text)
  return json.value?.value
}

/** Whether all that is in a part is in the whole: texts begin so, lists and objects hold no more. */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (typeof part === "string") return typeof whole === "string" && whole.startsWith(part)
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.length <= whole.length && part.every((item, i) => isPartOf(item, whole[i]))
  }
  if (typeof part !== "object" || part === null) return Object.is(part, whole)
  if (typeof whole !== "object" || whole === null) return false
  const fields = new Map(Object.entries(whole))
  return Object.entries(part).every(([name, value]) => fields.has(name) && isPartOf(value, fields.get(name)))
}

describe("an unfinished JSON text", () => {
  it.each<readonly [string, unknown]>([
    ["", undefined],
    ["12", undefined],
    ["[", []],
    ["[1", []],
    ["[1,", [1]],
    ["[1, tr", [1]],
    ["[1, true ", [1, true]],
    ['"so f', "so f"],
    ['{"na', {}],
    ['{"name"', {}],
    ['{"name": ', {}],
    ['{"name": "A', { name: "A" }],
    ['{"name": "Ada", "ag', { name: "Ada" }],
    ['{"name": "Ada", "age": 3', { name: "Ada" }],
    ['{"a": [{"b": nul', { a: [{}] }],
    ['{"a": {"b": []}, ', { a: { b: [] } }],
    ['["a, \\"b', ['a, "b']],
    ['["a\\', ["a"]],
    ['["a\\\\', ["a\\"]],
    ['["a\\u00', ["a"]],
    ['["a\\ud83d', ["a"]],
    ['["a\\ud83d\\ude0', ["a"]],
    ['["a\\ud83d\\ude00', ["a😀"]],
    ['["a\ud83d', ["a"]],
    ['{"]}": "]}', { "]}": "]}" }],
  ])("%j says %j", (text, value) => assert.deepStrictEqual(said(text), value))

  it.prop(
    "says no more than the whole, never less than before, and in the end all",
    { value: Schema.Json },
    ({ value }) => {
      for (const indent of [0, 1]) {
        const whole = JSON.stringify(value, null, indent)
        const parsed: unknown = JSON.parse(whole)
        const prefixes = prefixesOf(whole)
        for (const [i, part] of prefixes.entries()) {
          if (part === undefined) continue
          assert.isTrue(isPartOf(part, parsed), `${whole.slice(0, i + 1)}: ${JSON.stringify(part)}`)
          const before = prefixes[i - 1]
          if (before !== undefined) assert.isTrue(isPartOf(before, part), whole.slice(0, i + 1))
        }
        if (typeof parsed === "object" && parsed !== null) assert.deepStrictEqual(prefixes.at(-1), parsed)
      }
    },
  )

  it("as deep as anybody nests is no matter", () => {
    const depth = 20_000
    const json = new PartialJson()
    json.push('{"a":['.repeat(depth))
    assert.isDefined(json.text)
    assert.doesNotThrow(() => json.value)
  })
})
