/** What of a prompt is judged, and in what pieces. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { type PromptMessage, promptReadings, promptReadingsInSlices } from "../../src/words/promptReadings.ts"
import { whole } from "../../src/words/Sliced.ts"
import { type GuardRole, guardRoles } from "../../src/words/GuardRole.ts"

const system = (text: string): PromptMessage => ({ role: "system", text })
const user = (text: string): PromptMessage => ({ role: "user", text })
const assistant = (text: string): PromptMessage => ({ role: "assistant", text })
const tool = (text: string): PromptMessage => ({ role: "tool", text })

const asked: ReadonlyArray<GuardRole> = ["system", "user"]
const shown = (messages: ReadonlyArray<PromptMessage>, roles = asked, beside?: string) =>
  promptReadings(messages, roles, beside).input.map(({ text, turn }) =>
    turn === undefined ? text : `${turn}: ${text}`,
  )

describe("the readings of a prompt", () => {
  it("are one for a single text, of which there is nothing to say", () => {
    assert.deepStrictEqual(shown([user("a")]), ["a"])
    assert.deepStrictEqual(shown([], asked, "a"), ["a"])
    assert.deepStrictEqual(shown([user(" "), system("")]), [])
  })

  it("are each message of a turn, and the turn as the template joins it", () => {
    assert.deepStrictEqual(shown([system("S."), user("A.")]), ["system: S.", "last: A.", "last: S.\n\nA."])
    assert.deepStrictEqual(shown([user("A."), user("B.")]), ["last: A.", "last: B.", "last: A.\n\nB."])
  })

  it("have a sentence that the next message goes on with in one piece, too", () => {
    assert.deepStrictEqual(shown([user("a"), user("b")]), ["last: a", "last: b", "last: a\n\nb", "last: a b"])
    assert.deepStrictEqual(shown([user("a"), assistant("What?"), user("b")]), ["last: b", "history: a b"])
  })

  it("are as a model reads them that puts system texts first, too", () => {
    assert.deepStrictEqual(shown([user("A."), system("S.")]).slice(-2), ["last: A.\n\nS.", "last: S.\n\nA."])
  })

  it("are the last turn, more and more turns before it, and all", () => {
    const chat = ["A.", "B.", "C.", "D.", "E.", "F."].flatMap((text) => [user(text), assistant("Yes.")])
    assert.deepStrictEqual(shown(chat.slice(0, -1)), [
      "last: F.",
      "history: E.\n\nF.",
      "history: C.\n\nD.\n\nE.\n\nF.",
      "history: A.\n\nB.\n\nC.\n\nD.\n\nE.\n\nF.",
    ])
  })

  it("are five of a chat of 16 turns, and six with a system text", () => {
    const chat = Array.from({ length: 16 }, (_, i) => [user(`${i}.`), assistant("Yes.")]).flat()
    assert.strictEqual(shown(chat.slice(0, -1)).length, 5)
    assert.strictEqual(shown([system("S."), ...chat.slice(0, -1)]).length, 6)
  })

  it("have system texts of earlier turns by themselves", () => {
    const chat = [system("S."), user("A."), assistant("Yes."), user("B.")]
    assert.deepStrictEqual(shown(chat), ["last: B.", "system: S.", "history: S.\n\nA.\n\nB."])
  })

  it("leave out what an app says is its own, and take in what it does not trust", () => {
    const chat = [system("S."), user("A."), assistant("X."), tool("T."), user("B.")]
    assert.deepStrictEqual(shown(chat, ["user"]), ["last: B.", "history: A.\n\nB."])
    assert.include(shown(chat, [...guardRoles]), "history: S.\n\nA.\n\nX.\n\nT.\n\nB.")
  })

  it("have an answer that a model would go on from, but no other", () => {
    const goesOn = ["last: A.", "last: X.", "last: A.\n\nX."]
    assert.deepStrictEqual(shown([user("A."), assistant("X.")], ["user"]), goesOn)
    assert.deepStrictEqual(shown([user("A."), assistant("X."), user(" ")], ["user"]), goesOn)
    assert.deepStrictEqual(shown([user("A."), assistant("X."), tool("T.")], ["user"]), ["A."])
    // A template merges what an assistant says in two messages, and moves what a system says in between.
    const inTwo = [user("A."), assistant("How do I"), system("S."), assistant("bake?")]
    assert.deepStrictEqual(shown(inTwo, ["user"]), ["last: bake?", "history: A.\n\nHow do I bake?"])
  })

  it("have what stands beside the messages, whatever the roles", () => {
    assert.deepStrictEqual(shown([user("a")], ["user"], "t"), ["last: a", "t", "last: t\n\na"])
    assert.deepStrictEqual(shown([user("a"), assistant("X."), user("b")], ["user"], "t"), [
      "last: b",
      "history: a b",
      "t",
      "history: t\n\na b",
    ])
  })

  it("take what the user said last for the question", () => {
    const question = (...messages: ReadonlyArray<PromptMessage>) => promptReadings(messages, asked).question
    assert.strictEqual(question(system("s"), user("a")), "a")
    assert.strictEqual(question(user("a"), assistant("x"), user("b"), user("c")), "b c")
    assert.strictEqual(question(user("a"), assistant("x")), "a")
    assert.strictEqual(question(system("s")), "s")
    assert.isUndefined(question())
  })
})

const Message = Schema.Struct({
  role: Schema.Literals(guardRoles),
  text: Schema.Literals(["", " ", "a", "b", "How do I", "bake bread?"]),
})
const Chat = Schema.Array(Message).check(Schema.isMaxLength(40))

describe("the readings of any chat", () => {
  it.prop("have all that is judged in one of them", { chat: Chat }, ({ chat }) => {
    const { input } = promptReadings(chat, [...guardRoles])
    const sorted = (texts: ReadonlyArray<string>) => texts.join(" ").split(/\s+/).filter(Boolean).toSorted().join(" ")
    const all = sorted(chat.map(({ text }) => text))
    assert.include(["", ...input.map(({ text }) => sorted([text]))], all)
  })

  it.prop("are few, differ, and say what they are where there are several", { chat: Chat }, ({ chat }) => {
    const { input } = promptReadings(chat, asked)
    // Eight messages, system texts, the last 1, 2, 4, 8, 16 and 32 turns (one of them in two forms), and all in two orders.
    assert.isAtMost(input.length, 18)
    assert.strictEqual(new Set(input.map(({ text }) => text)).size, input.length)
    assert.isTrue(input.every(({ turn }) => (turn === undefined) === (input.length === 1)))
  })

  it.prop("have each text of an asking role in one of them", { chat: Chat }, ({ chat }) => {
    const { input } = promptReadings(chat, asked)
    const texts = chat.filter(({ role }) => asked.includes(role)).map(({ text }) => text.trim())
    const hasAll = ["", ...input.map(({ text }) => text)].some((read) => texts.every((text) => read.includes(text)))
    assert.isTrue(hasAll)
  })
})

describe("policies that judge other messages than others do", () => {
  it("have readings of their own, and share what says the same", () => {
    const byPolicy = [
      { roles: ["user"], policies: ["a"] },
      { roles: ["user", "tool"], policies: ["b"] },
    ] as const
    const chat = [user("A?"), tool("T."), user("B?")]
    const { input, question } = whole(promptReadingsInSlices(chat, { roles: ["user", "tool"], byPolicy }))
    const of = (id: string) => input.flatMap(({ policies, text }) => (policies?.includes(id) === true ? [text] : []))
    assert.deepStrictEqual(of("a"), ["B?", "A?\n\nB?"])
    assert.deepStrictEqual(
      of("b"),
      promptReadings(chat, ["user", "tool"]).input.map(({ text }) => text),
    )
    assert.deepStrictEqual(input.find(({ text }) => text === "B?")?.policies, ["a", "b"])
    assert.strictEqual(question, "B?")
  })
})

describe("a whole exchange", () => {
  const told = (messages: ReadonlyArray<PromptMessage>, roles = asked) =>
    whole(promptReadingsInSlices(messages, { roles, exchange: ["x"] }))

  it("is who said what, without the app's own texts, and what tools found only where that is judged", () => {
    const chat = [system("S."), user("A?"), assistant("B."), tool("T."), user("C?")]
    const text = "User: A?\nAssistant: B.\nUser: C?"
    const exchange = { lines: text.split("\n"), older: 0 }
    assert.deepStrictEqual(told(chat).exchange, { text, messages: 3, leftOut: 0, lines: exchange, policies: ["x"] })
    assert.deepStrictEqual(told(chat).input.at(-1), { text, turn: "history", policies: ["x"], exchange })
    assert.include(told(chat, ["user", "tool"]).exchange?.text, "Tool: T.")
  })

  it("of one message is that message alone", () => {
    assert.deepStrictEqual(told([user("A?")]).input, [{ text: "A?" }])
  })

  it.each([
    [["a", "b", "c"].map((letter) => letter.repeat(2_500)), 2, 1],
    [["a", "b".repeat(9_000)], 1, 1],
    [["a".repeat(9_000), "b"], 1, 1],
    [["a", "b"], 2, 0],
  ])("keeps the newest messages that fit, and says what it left out", (texts, messages, leftOut) => {
    const { exchange } = told(texts.map((text) => user(text)))
    assert.deepInclude(exchange, { messages, leftOut })
    assert.isTrue(exchange?.text.endsWith(texts.at(-1) ?? "-"))
  })
})
