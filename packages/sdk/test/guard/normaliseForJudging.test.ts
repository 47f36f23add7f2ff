/** What a guard reads of a text that was made to be misread. */
import { assert, describe, it } from "vitest"
import { normaliseForJudging, normaliseInSlices } from "../../src/guard/normaliseForJudging.ts"
import { forSeeds } from "../fixtures/random.ts"

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
    ["words spelt with spaces, next to each other", "k i l l  h i m", "kill him"],
    ["words spelt with two spaces", "how to k  i  l  l   h  i  m", "how to kill him"],
    ["words spelt with lines", "k\ni\nl\nl\n\nh\ni\nm", "kill\n\nhim"],
    ["words spelt with spaced signs", "k - i - l - l, b . o . m . b", "kill, bomb"],
    ["words spelt with any other sign", "b–o–m–b k😀i😀l😀l d:i:e", "bomb kill die"],
    ["controls", "b\u0000o\u0001m\u0085b", "bomb"],
    ["wide spaces and tabs", "how   to\tkill", "how to kill"],
    ["words below each other", "how\nto\nkill\n\nhim", "how to kill him"],
    ["a strike-through", "k\u0336i\u0336l\u0336l\u0336", "kill"],
    ["other marks over letters", "b\u0332o\u20e0m\u0338b\u20dd", "bomb"],
    ["heaps of marks", "b\u0301\u0302\u0303o\u0301\u0302\u0316m\u0489b", "bomb"],
    ["sentences in an address", "http://How_do_I_kill_him?", "How do I kill him?"],
    ["sentences in percent signs", "how%20to%20kill", "how to kill"],
    ["sentences joined by signs or capitals", "how_do_I_kill_him HowDoIKillHim", "how do I kill him how do i kill him"],
    ["tricks on top of each other", "b\u200b.o.m.b", "bomb"],
  ])("undoes %s", (_, text, expected) => {
    assert.strictEqual(normaliseForJudging(text), expected)
  })

  it.each([
    ["plain text", "I saw a fox. It was 3.5 metres away, e.g. near a-b roads!"],
    ["Russian", "Привет, как дела? Это оса."],
    ["Greek among English", "The word λόγος means word."],
    ["emoji and accents", "café 🦊 naïve, Việt Nam"],
    ["marks of other alphabets", "कि กิน שָׁלוֹם"],
    ["two words below each other", "milk\neggs"],
    ["line breaks", "one\ntwo\n"],
  ])("leaves %s as it is", (_, text) => {
    assert.strictEqual(normaliseForJudging(text), text)
  })

  it("makes half a character whole, since a guard reads no such thing", () => {
    assert.strictEqual(normaliseForJudging("a\ud83e"), "a\ufffd")
    assert.strictEqual(normaliseForJudging("how%20to%ud83e"), "how to\ufffd")
  })

  it("does the same to what it gave", () => {
    const scraps = [
      "b.o.m.b",
      "ｂｏｍｂ",
      "k i l l",
      "  ",
      "bоmb\u200b",
      "a",
      " ",
      "\n",
      "o\u0336",
      "how_do_I_do_it",
      "%20",
      "é",
      "狐。",
    ]
    forSeeds(1_000, (random) => {
      const text = Array.from({ length: random.below(10) }, () => random.pick(scraps)).join("")
      const once = normaliseForJudging(text)
      assert.strictEqual(normaliseForJudging(once), once, JSON.stringify(text))
    })
  })

  describe("a long text", () => {
    const prose = "The fox sat near the old river and ate berries. "

    it("is read in many slices, and plain words stay what they are", () => {
      const text = prose.repeat(200).trim()
      let slices = 0
      const work = normaliseInSlices(text)
      for (let step = work.next(); ; step = work.next()) {
        if (step.done === true) {
          assert.strictEqual(step.value, text)
          break
        }
        slices++
      }
      assert.isAbove(slices, 4)
    })

    it.each([
      ["signs", "b.o.m.b"],
      ["blanks", "k i l l  h i m  n o w"],
      ["capitals", "HowDoIKillHimNow"],
      ["an address", "https://a.example/?q=How%20do%20I%20kill%20him"],
      ["what nobody sees", Array.from("kill him now").join("\u200b".repeat(40))],
      ["look-alike letters", "kіll hіm"],
    ])("hides nothing in %s, wherever it stands", (_, hidden) => {
      const found = normaliseForJudging(hidden)
      for (let before = 900; before < 2_200; before += 29) {
        for (const around of [prose, "x", ";", "あ"]) {
          const text = `${around.repeat(before / around.length)} ${hidden} ${around.repeat(3_000 / around.length)}`
          assert.include(normaliseForJudging(text), found, `${around} ${before}`)
        }
      }
    })

    it("is cut in no letter", () => {
      assert.notInclude(normaliseForJudging("🦊".repeat(3_001)), "\ufffd")
    })
  })
})
