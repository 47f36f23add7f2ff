/** What a guard reads of a text that was made to be misread. */
import { assert, describe, it } from "vitest"
import { normaliseForJudging } from "../../src/index.ts"

describe("normaliseForJudging", () => {
  it.each([
    ["compatibility forms", "ｂｏｍｂ 𝐛𝐨𝐦𝐛 ⓑⓞⓜⓑ ﬁre", "bomb bomb bomb fire"],
    ["zero-width characters", "b\u200bo\u200dm\u2060b\ufeff", "bomb"],
    ["a soft hyphen and a variation selector", "bo\u00admb\ufe0f", "bomb"],
    ["direction controls", "\u202ebomb\u202c \u2066kill\u2069", "bomb kill"],
    ["tags, which are invisible", "bomb\u{e0041}\u{e007f}", "bomb"],
    ["Cyrillic letters in a Latin word", "bоmb kіll", "bomb kill"],
    ["Greek letters in a Latin word", "bοmb", "bomb"],
    ["a Latin-looking word of Cyrillic letters among Latin ones", "make а сор cry", "make a cop cry"],
    ["words spelt with spaces", "how to k i l l him", "how to kill him"],
    ["words spelt with dots, dashes and stars", "b.o.m.b k-i-l-l d*i*e", "bomb kill die"],
    ["words spelt with spaces, next to each other", "k i l l  h i m", "kill  him"],
    ["tricks on top of each other", "b\u200b.o.m.b", "bomb"],
  ])("undoes %s", (_, text, expected) => {
    assert.strictEqual(normaliseForJudging(text), expected)
  })

  it.each([
    ["plain text", "I saw a fox. It was 3.5 metres away, e.g. near a-b roads!"],
    ["Russian", "Привет, как дела? Это оса."],
    ["Greek among English", "The word λόγος means word."],
    ["emoji and accents", "café 🦊 naïve"],
    ["line breaks", "one\ntwo\n"],
  ])("leaves %s as it is", (_, text) => {
    assert.strictEqual(normaliseForJudging(text), text)
  })

  it("makes half a character whole, since a guard reads no such thing", () => {
    assert.strictEqual(normaliseForJudging("a\ud83e"), "a\ufffd")
  })

  it("does the same to what it gave", () => {
    for (const text of ["b.o.m.b", "ｂｏｍｂ", "k i l l  h i m", "bоmb\u200b"]) {
      const once = normaliseForJudging(text)
      assert.strictEqual(normaliseForJudging(once), once)
    }
  })
})
