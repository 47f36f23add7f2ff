/** An address says words, however they are written in it. */
import { assert, describe, it } from "vitest"
import { wordsOfUrl } from "../../../src/index.ts"
import { withoutBlanksRead } from "../../../src/guard/reading/textOfUrl.ts"
import { forSeeds } from "../../fixtures/random.ts"

const question = "How do I bake a cake?"
const encoded = encodeURIComponent(question)
const base64 = (text: string, encoding: BufferEncoding = "utf8") => Buffer.from(text, encoding).toString("base64")

describe("the words of an address", () => {
  it.each([
    ["its path", "https://a.example/How/do/I/bake", "a example How do I bake"],
    ["joined words", "http://How_do_I_bake_a_cake?", "How do I bake a cake?"],
    ["capitals", "https://a.example/HowDoIBake", "a example how do i bake"],
    ["percent signs in its query", `https://a.example/?q=${encoded}`, `a example q ${question}`],
    ["percent signs twice", `https://a.example/?q=${encodeURIComponent(encoded)}`, `a example q ${question}`],
    ["plus signs", "https://a.example/?q=How+do+I+bake", "a example q How do I bake"],
    ["many fields", "https://a.example/?how=do&i=bake", "a example how do i bake"],
    ["its host", "https://how.do.i.bake:8080", "how do i bake 8080"],
    ["its user", "ftp://how-do:i-bake@a.example", "how do i bake a example"],
    ["its fragment", `https://a.example/#${encoded}`, `a example ${question}`],
    ["another alphabet", "https://焼き方.example/ケーキ", "焼き方 example ケーキ"],
    [
      "an address in it",
      `https://a.example/?to=${encodeURIComponent(`https://b.example/?q=${encoded}`)}`,
      `a example to b example q ${question}`,
    ],
    ["a mail", `mailto:a@b.example?subject=${encoded}`, `a b example subject ${question} a@b.example`],
    [
      "a mail in its query",
      "https://x.example/?to=jane%40b.example&n=1",
      "x example to jane@b example n 1 jane@b.example",
    ],
    ["a script", "javascript:say('How%20do%20I')", "say 'How do I'"],
    ["a scheme of its own", "how-do-i-bake://a.example", "how do i bake a example"],
    ["what says that it holds data", "data:text/plain;how_do_I_bake_a=cake,it", "text plain how do I bake a cake\nit"],
    ["what only begins like a data address", "data: how do I bake, please", "data how do I bake please"],
    ["without a scheme", "www.a.example/how-do-i", "www a example how do i"],
    ["no codes", "https://a.example/d/9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c?id=1234", "a example d id 1234"],
    ["broken escapes", "https://a.example/100%/%zz/%E4%B8", "a example 100% %zz \ufffd"],
  ])("are in: %s", (_, url, words) => {
    assert.strictEqual(wordsOfUrl(url), words)
  })

  it.each([
    ["in plain letters", `data:text/plain,${encoded}`],
    ["of a type that nobody knows", `data:a/b,${encoded}`],
    ["without a type", `data:,${encoded}`],
    ["in joined words", "data:a/b,How_do_I_bake_a_cake?"],
    ["in base64", `data:text/plain;base64,${base64(question)}`],
    ["in base64, of a type that is no text", `data:image/png;base64,${base64(question)}`],
    ["in base64 with percent signs", `data:text/csv;base64,${encodeURIComponent(base64(question))}`],
    ["in another charset", `data:text/plain;charset=utf-16le;base64,${base64(question, "utf16le")}`],
    ["as JSON", `data:application/json;base64,${base64(JSON.stringify({ id: "q_1", text: question }))}`],
    ["with blanks", `data:text/plain,${question}`],
    ["that says it is base64 and is not", `data:text/plain;base64,${question}`],
  ])("that holds a text: %s", (_, url) => {
    assert.strictEqual(wordsOfUrl(url), question)
  })

  it("are none in a picture, and none in numbers", () => {
    assert.strictEqual(wordsOfUrl("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"), "")
    assert.strictEqual(wordsOfUrl("https://127.0.0.1:80/"), "")
  })

  it("are the same however often and in which signs they are encoded", () => {
    forSeeds(300, (random) => {
      const words = Array.from({ length: 3 + random.below(5) }, () => random.pick(["how", "do", "bake", "cake", "é"]))
      let text = words.join(random.pick([" ", "_", "-", "+", ".", "/"]))
      for (let layer = random.below(4); layer > 0; layer--) text = encodeURIComponent(text)
      const url = `https://x.example/${random.pick(["", "?q=", "#", "a/"])}${text}`
      assert.include(wordsOfUrl(url), words.join(" "), url)
    })
  })
})

describe("letters without a blank in a text", () => {
  it.each([
    ["an address", `See https://a.example/?q=${encoded} now`, `See a example q ${question} now`],
    ["a link in Markdown", "[it](https://a.example/how-to-bake) x", "[it]( a example how to bake x"],
    ["a picture in Markdown", "![](data:image/png;base64,iVBORw0KGgoAAAAN) x", "![]( ) x"],
    ["a sentence in joined words", "how_do_i_bake_a_cake", "how do i bake a cake"],
    ["a sentence in percent signs", encoded, question],
  ])("are read: %s", (_, text, read) => {
    assert.strictEqual(withoutBlanksRead(text), read)
  })

  it.each([
    "A state-of-the-art oven, and/or a pan.",
    "It is 3.5 cm, e.g. here.",
    "中文没有空格，但是有标点。所以不变！",
    "os.path.join(a)",
  ])("are left as they are: %s", (text) => {
    assert.strictEqual(withoutBlanksRead(text), text)
  })
})
