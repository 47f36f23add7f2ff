import { assert, describe, it } from "vitest"
import { repeatsName } from "../../src/words/repeatsName.ts"

describe("a JSON document has a name twice", () => {
  it.each([
    '{"a":1,"a":1}',
    String.raw`{"a":1,"\u0061":2}`,
    '{"a":{"b":[1,{"c":"}","c":"{"}]}}',
    '[[{"a":[]},{"b":{},"a":1,"b":2}]]',
    String.raw`{"a\"":1,"b":"\\","a\"":2}`,
  ])("%s", (json) => assert.isTrue(repeatsName(json)))
})

describe("a JSON document has each name once", () => {
  it.each([
    "",
    "1",
    '"a"',
    '["a","a"]',
    '{"a":"a","b":"a"}',
    '[{"a":1},{"a":1}]',
    '{"a":{"a":{"a":["a",{"a":1}]}}}',
    '{"a":["b","b"],"b":"\\"a\\":1,\\"a\\":2"}',
    '{"constructor":1,"__proto__":2}',
  ])("%s", (json) => assert.isFalse(repeatsName(json)))

  it("also where a string is longer than an expression could repeat", () =>
    assert.isFalse(repeatsName(JSON.stringify({ a: "x".repeat(1e7) }))))
})
