import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { makeStopMatcher } from "../../src/engine/makeStopMatcher.ts"
import { lookupsDuring } from "../fixtures/lookups.ts"
import { tries } from "../../../../test/campaign.ts"

/** Two letters, so that stops overlap, nest and repeat. */
const Letters = Schema.Array(Schema.Literals(["a", "b"]))
const Stop = Letters.check(Schema.isMinLength(1), Schema.isMaxLength(6))
const Stops = Schema.Array(Stop).check(Schema.isMaxLength(5))
const Parts = Schema.Array(Letters.check(Schema.isMaxLength(4))).check(Schema.isMaxLength(12))

const expected = (text: string, stops: ReadonlyArray<string>) => {
  const found = stops
    .map((stop) => ({ stop, at: text.indexOf(stop) }))
    .filter(({ at }) => at >= 0)
    .toSorted((x, y) => x.at - y.at || x.stop.length - y.stop.length)[0]
  return { text: found === undefined ? text : text.slice(0, found.at), stopped: found?.stop }
}

describe("StopStrings", () => {
  it.prop(
    "what is emitted is the text up to the stop that starts earliest, however it is cut",
    { parts: Parts, stops: Stops },
    (given) => {
      const parts = given.parts.map((part) => part.join(""))
      const stops = given.stops.map((stop) => stop.join(""))
      const whole = expected(parts.join(""), stops)
      const matcher = makeStopMatcher(stops)
      let text = ""
      for (const part of parts) {
        const { emit, stopped } = matcher.push(part)
        text += emit
        assert.isTrue(whole.text.startsWith(text))
        if (stopped !== undefined) assert.strictEqual(text, whole.text)
      }
      text += matcher.flush()
      assert.strictEqual(text, whole.text)
      assert.strictEqual(matcher.stopped, whole.stopped)
      assert.strictEqual(matcher.flush(), "")
    },
    { arbitrary: { runs: tries(300), size: 20 } },
  )

  it.prop(
    "nothing is held back but what could begin a stop",
    { parts: Parts, stops: Stops },
    (given) => {
      const stops = given.stops.map((stop) => stop.join(""))
      const matcher = makeStopMatcher(stops)
      let all = ""
      let text = ""
      for (const part of given.parts) {
        all += part.join("")
        const { emit, stopped } = matcher.push(part.join(""))
        if (stopped !== undefined) return
        text += emit
        const held = all.slice(text.length)
        // The held text is empty or begins like a stop, or like an earlier stop that is still open.
        assert.isTrue(held === "" || stops.some((stop) => stop.startsWith(held) || held.startsWith(stop.slice(0, 1))))
        assert.isBelow(held.length, Math.max(1, ...stops.map((stop) => stop.length)))
      }
    },
    { arbitrary: { runs: tries(100), size: 20 } },
  )

  it("stops across borders and emits nothing afterwards", () => {
    const matcher = makeStopMatcher(["<end>", "\n\n"])
    assert.deepStrictEqual(matcher.push("one\n"), { emit: "one", stopped: undefined })
    assert.deepStrictEqual(matcher.push("two<e"), { emit: "\ntwo", stopped: undefined })
    assert.deepStrictEqual(matcher.push("nd>three"), { emit: "", stopped: "<end>" })
    assert.deepStrictEqual(matcher.push("four"), { emit: "", stopped: "<end>" })
    assert.strictEqual(matcher.flush(), "")
  })

  it("waits for an earlier stop that is still open", () => {
    const open = makeStopMatcher(["abcd", "bc"])
    assert.deepStrictEqual(open.push("xabc"), { emit: "x", stopped: undefined })
    assert.deepStrictEqual(open.push("d"), { emit: "", stopped: "abcd" })
    const missed = makeStopMatcher(["abcd", "bc"])
    missed.push("xabc")
    assert.deepStrictEqual(missed.push("e"), { emit: "a", stopped: "bc" })
    const over = makeStopMatcher(["abcd", "bc"])
    over.push("xabc")
    assert.deepStrictEqual([over.flush(), over.stopped], ["a", "bc"])
  })

  it("passes everything through without stops", () => {
    const matcher = makeStopMatcher([])
    assert.deepStrictEqual(matcher.push("text"), { emit: "text", stopped: undefined })
    assert.strictEqual(matcher.flush(), "")
  })

  it("does not split a surrogate pair", () => {
    const matcher = makeStopMatcher(["😁"])
    assert.deepStrictEqual(matcher.push("😀"), { emit: "😀", stopped: undefined })
    assert.deepStrictEqual(matcher.push("😁"), { emit: "", stopped: "😁" })
  })

  it("takes steps linear in the text, however long the stops are", () => {
    const matcher = makeStopMatcher(["a".repeat(1000) + "b", "a".repeat(1024)])
    const part = "a".repeat(999) + "c"
    const lookups = lookupsDuring(() => {
      for (let i = 0; i < 50; i++) matcher.push(part)
    })
    assert.isAtMost(lookups, 2 * 50 * part.length)
  })
})
