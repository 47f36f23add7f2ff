/** Judges that need nobody else: word lists, patterns, personal data. */
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { guardWithJudge, type Judge } from "../../../src/index.ts"
import { patterns, personalData, wordList } from "../../../src/guard/judges/index.ts"

const flagged = async (judge: Judge, text: string) => (await guardWithJudge({ judge }).input(text)).flagged
/** As `shield` asks it: nothing was normalised before. */
const flaggedRaw = async (judge: Judge, prompt: string) => {
  const content = { prompt, response: undefined }
  const shield = () => Promise.reject(new Error("no model"))
  const call = { original: content, signal: new AbortController().signal, shield }
  const { policies } = await judge.judge(content, call)
  return policies.some(({ probability, threshold }) => probability >= threshold)
}

describe("a word list", () => {
  const judge = wordList({
    words: { fruit: ["Straße", "naïve", "two  words", "ΟΔΟΣ", "C++", "爆弾", "ばか", "काम", "กา"], other: ["kiwi"] },
  })

  it.each([
    ["STRASSE", true],
    ["auf der straße.", true],
    ["a NAIVE man", true],
    ["two\n words", true],
    ["in the οδος", true],
    ["I like c++.", true],
    ["彼は爆弾を作った", true],
    ["ｎａｉｖｅ", true],
    ["na\u200bive", true],
    ["n.a.i.v.e", true],
    ["kіwi", true],
    ["auf der STRAẞE", true],
    ["お前はばかだ", true],
    ["お墓、はか", false],
    ["यह काम है", true],
    ["कम", false],
    ["कामना", false],
    ["กา", true],
    ["กี", false],
    ["naively", false],
    ["Straßenbahn", false],
    ["two other words", false],
    ["C", false],
    ["", false],
  ])("on %j says %s", async (text, expected) => {
    assert.strictEqual(await flaggedRaw(judge, text), expected)
    assert.strictEqual(await flagged(judge, text === "" ? " " : text), expected)
  })

  const Word = Schema.Literals(["straße", "naïve", "ёлка", "οδός", "kiwi", "Ångström", "ﬁsh", "İstanbul", "x"])
  it.effect.prop(
    "finds every word of its own, in any case, within any sentence",
    { words: Schema.NonEmptyArray(Word), isUpper: Schema.Boolean, before: Schema.Literals(["", "Well, ", "¿", "7 "]) },
    ({ before, isUpper, words }) =>
      Effect.promise(async () => {
        const [word] = words
        const text = `${before}${isUpper ? word.toUpperCase() : word}!`
        assert.isTrue(await flaggedRaw(wordList({ words }), text), text)
      }),
  )

  it("says which list found it, and finds parts of words where it may", async () => {
    const { policies } = await guardWithJudge({ judge }).input("A kiwi.")
    assert.deepEqual(
      policies.map(({ flagged, policy }) => [policy, flagged]),
      [
        ["fruit", false],
        ["other", true],
      ],
    )
    assert.isTrue(await flagged(wordList({ words: ["naive"], isWhole: false }), "naively"))
  })

  it("takes signs for what they are", async () => {
    assert.isFalse(await flagged(wordList({ words: ["a.c"] }), "abc"))
    assert.isTrue(await flagged(wordList({ words: ["(x|y)*[z]-{1}^$"] }), "it is (x|y)*[z]-{1}^$ here"))
  })

  it("tells how much a find is worth to an ensemble, and flags it all the same", async () => {
    const { flagged, policies } = await guardWithJudge({ judge: wordList({ words: ["kiwi"], precision: 0.3 }) }).input(
      "kiwi",
    )
    assert.isTrue(flagged)
    assert.strictEqual(policies[0]?.probability, 0.3)
  })

  it.each([
    [{ words: [] }, "words.words"],
    [{ words: {} }, "words"],
    [{ words: { a: ["x", " "] } }, "words.a[1]"],
    [{ words: { a: ["x", 7] } }, "words.a[1]"],
    [{ words: ["x"], precision: 2 }, "precision"],
    [{ words: ["x"], isWhole: "no" }, "isWhole"],
    [{ word: ["x"] }, "word"],
    [{ words: ["x"], thresholds: { word: 0.5 } }, "thresholds.word"],
    [{ words: ["x"], precision: { word: 0.5 } }, "precision.word"],
    [{ words: ["x"], calibration: { word: { slope: 1, offset: 0 } } }, "calibration.word"],
  ])("refuses %j", (options, option) => {
    // What JavaScript may pass.
    expect(() => wordList(options as never)).toThrow(expect.objectContaining({ option }))
  })
})

describe("patterns", () => {
  it("match what came and what is behind a disguise, each time anew", async () => {
    const judge = patterns({ patterns: { ticket: /\bTICKET-\d{4}\b/gi, bomb: [/mine/y, /bomb/] } })
    for (let i = 0; i < 3; i++) {
      assert.isTrue(await flagged(judge, "see ticket-1234"))
      assert.isTrue(await flaggedRaw(judge, "a b.o.m.b"))
      assert.isFalse(await flagged(judge, "see ticket 12"))
    }
  })

  it.each([
    [{}, "patterns"],
    [{ patterns: { a: "x" } }, "patterns.a[0]"],
    [{ patterns: { a: [] } }, "patterns.a"],
    [{ patterns: { a: /x/ }, thresholds: Number.NaN }, "thresholds"],
  ])("refuse %j", (options, option) => {
    expect(() => patterns(options as never)).toThrow(expect.objectContaining({ option }))
  })
})

describe("personal data", () => {
  const kindsIn = async (text: string, country?: string) => {
    const { policies } = await guardWithJudge({ judge: personalData({ country }) }).input(text)
    return policies.flatMap(({ flagged, policy }) => (flagged ? [policy] : []))
  }

  it.each([
    ["Write to jane.doe+news@example.co.uk.", ["email"]],
    ["<jane@example.com>", ["email"]],
    ["**jane@example.com**, `joe@example.com`", ["email"]],
    ["| jane@example.com| ~joe@example.com~ x@joe@example.com-", ["email"]],
    ['{"to":"\\njane@example.com\\n"}', ["email"]],
    ["a@b, jane@example or jane@.com", []],
    ["It is jane@localhost or @jane.", []],
    ["Call +49 30 901820 today", ["phone"]],
    ["My card is 4111 1111 1111 1111, thanks.", ["credit_card"]],
    ["Order 12 4111 1111 1111 1111 by 12/27", ["credit_card"]],
    ["4111.1111.1111.1111", ["credit_card"]],
    ["The number 4111 1111 1111 1112 is none.", []],
    ["IBAN DE89 3704 0044 0532 0130 00 please", ["iban"]],
    ["IBAN DE89 3704 0044 0532 0130 01 please", []],
    ["AB12 the last one is DE89-3704-0044-0532-0130-00.", ["iban"]],
    ["from 192.168.1.20.", ["ip_address"]],
    ["ip:10.0.0.1", ["ip_address"]],
    ["http://10.0.0.1:8080/", ["ip_address"]],
    ["_10.0.0.1_", ["ip_address"]],
    ["from 2001:db8::8a2e:370:7334 on", ["ip_address"]],
    ["at 12:30:45, version 1.2.3, 999.1.1.1", []],
    ["Nothing of that kind.", []],
  ])("in %j is %j", async (text, kinds) => assert.deepEqual(await kindsIn(text), kinds))

  it("has telephone numbers without a country code where the country is told", async () => {
    assert.deepEqual(await kindsIn("Call (213) 373-4253.", "US"), ["phone"])
    assert.deepEqual(await kindsIn("Call (213) 373-4253."), [])
  })

  it("lets others run while it reads a long text, and finds what a border cuts", async () => {
    const text = `${"1.1.1. ".repeat(1_400)}jane@example.com${" a@".repeat(1_000)}`
    let turns = 0
    const others = setInterval(() => turns++)
    assert.isTrue(await flaggedRaw(personalData({ kinds: ["email", "phone"] }), text))
    clearInterval(others)
    assert.isAtLeast(turns, 3)
    for (const before of [2_030, 2_040, 2_048]) {
      assert.isTrue(await flaggedRaw(personalData({ kinds: ["email"] }), `${" ".repeat(before)}jane@example.com `))
    }
  })

  it.each([
    [{ kinds: [] }, "kinds"],
    [{ kinds: ["name"] }, "kinds[0]"],
    [{ kinds: ["email"], thresholds: { phone: 0.5 } }, "thresholds.phone"],
    [{ country: "Germany" }, "country"],
  ])("refuses %j", (options, option) => {
    expect(() => personalData(options as never)).toThrow(expect.objectContaining({ option }))
  })

  it("refuses a country that has no numbers, once it is asked", async () => {
    await expect(kindsIn("Call me.", "ZZ")).rejects.toThrow(expect.objectContaining({ option: "country" }))
  })
})
