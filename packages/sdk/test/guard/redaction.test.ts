/** What judges that know where something stands cut out of texts, and what they hold back instead. */
import { assert, describe, expect, it } from "vitest"
import {
  guardWithJudge,
  type GuardOptions,
  JsonRedaction,
  type Judge,
  type JudgeCall,
  JudgeError,
  writeJson,
} from "../../src/index.ts"
import {
  allOf,
  anyOf,
  llamaGuard,
  openaiModeration,
  patterns,
  personalData,
  renamed,
  shieldGemma,
  weighted,
  wordList,
} from "../../src/guard/judges/index.ts"
import { withoutOverlaps, redact } from "../../src/words/Redaction.ts"
import { verdictOfJudgement } from "../../src/words/verdictOfJudgement.ts"

const content = (response: string) => ({ prompt: undefined, response })
const callOf = (response: string): JudgeCall => ({
  original: content(response),
  signal: new AbortController().signal,
  shield: () => Promise.reject(new Error("no model")),
})
const policiesOf = async (judge: Judge, text: string) => (await judge.judge(content(text), callOf(text))).policies
/** All that an iterable gives. */
const listOf = async <A>(values: AsyncIterable<A>): Promise<Array<A>> => {
  const list: Array<A> = []
  for await (const value of values) list.push(value)
  return list
}

/** What a guard lets out of an answer that comes letter by letter; undefined where it holds it back. */
async function through(judge: Judge, text: string, mode: "window" | "buffer" = "window") {
  const safe = guardWithJudge({ judge, input: false, mode }).stream(async function* () {
    yield* text
  })
  const out = await listOf(safe(""))
  const report = out.find((part) => part.type === "report")?.report
  const said = out.map((part) => (part.type === "value" ? part.value : "")).join("")
  return { said, blocked: report?.blocked?.reason, report }
}

const words = wordList({ words: { fruit: ["kiwi", "Straße"] }, action: "redact" })
const data = personalData({ action: "redact" })

/** A judge that judges once, and fails from then on. */
function onceOnly(judge: Judge): Judge {
  let isAsked = false
  return {
    ...judge,
    judge: async (...asked) => {
      if (isAsked) throw new Error("It is down.")
      isAsked = true
      return judge.judge(...asked)
    },
  }
}

describe("what is cut out", () => {
  it.each([
    [words, "A kiwi, a KIWI!", "A [fruit], a [fruit]!"],
    [words, "Die STRASSE und die straße.", "Die [fruit] und die [fruit]."],
    [words, "No ki\u0301wi today.", "No [fruit] today."],
    [data, "Write to jane.doe@example.com. Bye.", "Write to [email]. Bye."],
    [data, "Card 4111 1111 1111 1111, or 4111 1111 1111 1111.", "Card [credit_card], or [credit_card]."],
    [data, "Call +49 30 901820 or 192.168.1.20 now.", "Call [phone] or [ip_address] now."],
    [patterns({ patterns: { ticket: /T-\d+/ }, action: "redact" }), "See T-1 and T-23.", "See [ticket] and [ticket]."],
    [data, "Nothing of that kind.", "Nothing of that kind."],
  ])("by %o of %j leaves %j", async (judge, text, left) => {
    for (const mode of ["window", "buffer"] as const) {
      const { blocked, report, said } = await through(judge, text, mode)
      assert.deepEqual([said, blocked], [left, undefined])
      assert.strictEqual((report?.releasedCharacters ?? 0) + (report?.redactedCharacters ?? 0), text.length)
      assert.strictEqual(report?.leakedCharacters, 0)
    }
  })

  it("is found at the beginning of a long stretch without a sentence's end", async () => {
    const rest = " is where, and so on".repeat(60)
    const safe = guardWithJudge({ judge: words, input: false }).stream(async function* () {
      yield `Kiwi${rest}`
      yield rest.repeat(3)
    })
    const said = (await listOf(safe(""))).map((part) => (part.type === "value" ? part.value : "")).join("")
    assert.strictEqual(said, `[fruit]${rest.repeat(4)}`)
  })

  it("waits where a sentence seems to end in what is to be cut out", async () => {
    const text = `${"Well. ".repeat(500)}It is jane@mail. com or jane@mail.example.com, so. ${"Fine. ".repeat(600)}`
    assert.strictEqual((await through(data, text)).said, text.replace("jane@mail.example.com", "[email]"))
  })

  it.each([
    ["only shows without what hides it", words, "A k.i.w.i is a kiwi."],
    ["is longer than said", patterns({ patterns: { x: /<.*>/ }, longest: 4, action: "redact" }), "Oh <12345>."],
    ["is to be held back by another policy", anyOf([words, wordList({ words: { other: ["fig"] } })]), "A kiwi, a fig."],
    [
      "is redacted by one judge of the same policy alone",
      anyOf([words, wordList({ words: { fruit: ["kiwi"] } })]),
      "kiwi",
    ],
    ["another judge, who has a veto, holds back", allOf([words, wordList({ words: ["kiwi"] })]), "A kiwi."],
    ["is weighed, not placed", weighted([[words, 1]]), "A kiwi."],
  ])("is held back where it %s", async (_, judge, text) => {
    const { blocked, said } = await through(judge, text)
    assert.deepEqual([said, blocked], ["", "flagged"])
  })

  it("is told, with an audit, and nothing is changed", async () => {
    const audit = guardWithJudge({ judge: words, input: false, mode: "audit" }).text(async () => "A kiwi.")
    const { report, text } = await audit("")
    assert.deepEqual([text, report.leakedCharacters], ["A kiwi.", 7])
  })

  it("is cut out by each of several judges, under the names that they have", async () => {
    const all = anyOf([words, renamed(data, { email: "address" })])
    assert.strictEqual((await through(all, "kiwi@example.com or kiwi.")).said, "[address] or [fruit].")
  })

  it("is cut out of what comes in before anybody reads it, and told", async () => {
    const guard = guardWithJudge({ judge: words, output: false })
    assert.strictEqual((await guard.input("A kiwi?")).redacted, "A [fruit]?")
    const { blocked, report, text: said } = await guard.text(async (prompt) => prompt)("A kiwi?")
    assert.deepEqual([said, blocked, report.redactedInputCharacters], ["A [fruit]?", undefined, 4])
    assert.strictEqual(report.verdicts.input?.policies[0]?.action, "redact")
  })

  it.each<[name: string, judge: Judge, prompt: string, options?: GuardOptions]>([
    ["another policy holds it back", anyOf([words, wordList({ words: { other: ["fig"] } })]), "A kiwi, a fig."],
    ["it only shows without what hides it", words, "A kiwi, a k.i.w.i."],
    ["the answer is begun meanwhile", words, "A kiwi.", { input: "parallel" }],
    ["JSON would be none without it", patterns({ patterns: { x: /"b"/ }, action: "redact" }), '{"a": "b"}'],
    ["what is left is flagged, too", patterns({ patterns: { x: /ab|\[x\]/ }, action: "redact" }), "An ab."],
    ["a judge fails on what is left", onceOnly(words), "A kiwi.", { onError: "allow" }],
  ])("holds back what comes in where %s", async (_, judge, prompt, options) => {
    let asked = 0
    const { blocked } = await guardWithJudge({ judge, ...options }).text(async () => `${asked++}`)(prompt)
    assert.deepEqual([blocked?.of, asked], ["input", options?.input === "parallel" ? asked : 0])
  })

  it("is said by actions of each policy", async () => {
    const some = wordList({ words: { fruit: ["kiwi"], other: ["fig"] }, action: { fruit: "redact", other: "flag" } })
    assert.deepEqual(await policiesOf(some, "fig kiwi"), [
      { policy: "fruit", probability: 1, threshold: 0.5, action: "redact", spans: [{ start: 4, end: 8 }] },
      { policy: "other", probability: 1, threshold: 0.5, action: "flag" },
    ])
    assert.strictEqual((await through(some, "fig kiwi")).said, "fig [fruit]")
  })
})

describe("a judge that does not say where something stands", () => {
  const apiKey = "key"
  it.each([
    ["a service", () => openaiModeration({ apiKey, action: "redact" })],
    ["a model behind a server", () => llamaGuard({ baseUrl: "http://localhost", model: "x", action: "redact" })],
    ["ShieldGemma", () => shieldGemma({ action: { harassment: "redact" } })],
    ["an ensemble of weights", () => weighted([[words, 1]], { action: "redact" })],
  ])("is refused when it is made: %s", (_, make) => {
    expect(make).toThrow(/action.*the judge does not say where/)
  })

  it("and an action for a policy that there is not, or of no kind, are refused", () => {
    expect(() => wordList({ words: ["x"], action: { word: "redact" } })).toThrow("action.word: the judge has no such")
    // What JavaScript may pass.
    expect(() => personalData({ action: "mask" as never })).toThrow("action")
    expect(() => guardWithJudge({ judge: { ...words, longestSpan: 0.5 } })).toThrow("guard.judge.longestSpan")
  })

  it.each([
    ["no length", {}, [{ start: 0, end: 1 }], "does not say how much"],
    ["no spans", { longestSpan: 4 }, undefined, "no list of spans"],
    ["a span that ends before it begins", { longestSpan: 4 }, [{ start: 2, end: 2 }], "no span"],
    ["a span beyond the text", { longestSpan: 9 }, [{ start: 2, end: 5 }], "no span"],
    ["one that is longer than it said", { longestSpan: 2 }, [{ start: 0, end: 3 }], "no span"],
    ["half a character", { longestSpan: 2 }, [{ start: 0.5, end: 1 }], "no span"],
  ])("fails when it gives %s", (_, own, spans, problem) => {
    const policies = [{ policy: "p", probability: 1, threshold: 0.5, action: "redact", spans }]
    const ask = () => verdictOfJudgement({ name: "mine", ...own }, { policies }, content("text"))
    expect(ask).toThrow(JudgeError)
    expect(ask).toThrow(problem)
  })

  it("holds back what it flags without a span", async () => {
    const empty: Judge = {
      name: "empty",
      longestSpan: 4,
      judge: async () => ({ policies: [{ policy: "p", probability: 1, threshold: 0, action: "redact", spans: [] }] }),
    }
    assert.strictEqual((await through(empty, "A fox.")).blocked, "flagged")
  })
})

describe("cuts", () => {
  it("that overlap are one, under the name of the first", () => {
    const cuts = withoutOverlaps([
      { start: 5, end: 8, policy: "c" },
      { start: 0, end: 3, policy: "a" },
      { start: 2, end: 5, policy: "b" },
    ])
    assert.strictEqual(redact("01234567.", cuts), "[a][c].")
    assert.strictEqual(redact("234", cuts, 2), "")
  })
})

describe("a value of JSON", () => {
  const cut = { start: 0, end: 4, policy: "x" }
  const said = (text: string) => ({ text, redacted: redact(text, [cut]), cuts: [cut] })
  const one = (value: unknown, text: string) => new JsonRedaction().apply(value, [{ text }], [said(text)])

  it("says its strings without what is cut out of them, and keeps names", () => {
    assert.deepEqual(one({ id: "kiwi", delta: "kiwi", logprobs: ["kiwi"] }, "kiwi"), {
      id: "kiwi",
      delta: "[x]",
      logprobs: null,
    })
    assert.deepEqual(one(["kiwi fruit", "and more"], "kiwi fruit\nand more\n"), ["[x] fruit", "and more"])
  })

  it("cannot be said where its strings are not what was read", () => {
    assert.isUndefined(one({ url: "http://x/ki%77i" }, "kiwi"))
    assert.isUndefined(one({ a: "ki", b: "seen" }, "kiwi"))
  })

  it("is written as it was but for its strings, and not where names and addresses stand", () => {
    const said = new Map([
      ["kiwi", "[x]"],
      ["a\nkiwi", "a\n[x]"],
      ["http://x/kiwi", "http://x/[x]"],
    ])
    const text = String.raw`{ "n": 12345678901234567890, "kiwi":"k\u0069wi", "id":"kiwi", "l":["kiwi", "a\nkiwi", "http://x/kiwi"],"id":["kiwi"] , "o":{"role":1,"s":"kiwi"}}`
    assert.strictEqual(
      writeJson(text, said),
      String.raw`{ "n": 12345678901234567890, "kiwi":"[x]", "id":"kiwi", "l":["[x]", "a\n[x]", "http://x/kiwi"],"id":["kiwi"] , "o":{"role":1,"s":"[x]"}}`,
    )
  })

  it("says a whole text once more as it was said", () => {
    const redaction = new JsonRedaction()
    const rest = { text: " fruit", redacted: " fruit", cuts: [] }
    redaction.apply({ delta: "kiwi" }, [{ text: "kiwi" }], [said("kiwi")])
    redaction.apply({ delta: " fruit" }, [{ text: " fruit" }], [rest])
    assert.deepEqual(redaction.apply({ text: "kiwi fruit", at: 1 }, [], []), { text: "[x] fruit", at: 1 })
  })
})
