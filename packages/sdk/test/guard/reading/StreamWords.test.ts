/** The words of a streamed answer: nothing is judged by fragments. */
import { assert, describe, it } from "vitest"
import { type FrameText, StreamWords } from "../../../src/index.ts"
import { Gate } from "../../../src/guard/Gate.ts"
import type { Verdict } from "../../../src/words/Verdict.ts"
import { forSeeds, type Random } from "../../fixtures/random.ts"

type Events = ReadonlyArray<unknown>
type Texts = ReadonlyArray<FrameText>

/** What each event says: its pieces, with `…` where they are held and `|` where they are complete. */
function read(events: Events, isWhole = false): ReadonlyArray<ReadonlyArray<string>> {
  const words = new StreamWords()
  const said = events.map((event) => [...words.fields("event ", event, isWhole), ...words.nextEvent()])
  return [...said, words.end()].map((texts) => texts.map(shown))
}

const shown = ({ channel = "", isEnd = false, isHeld = false, text }: FrameText): string =>
  `${channel.replace("event ", "")}: ${text}${isHeld ? "…" : ""}${isEnd ? "|" : ""}`

describe("the fields of events", () => {
  it("go on from event to event, each at its place", () => {
    const events = [
      { a: [{ b: "The fox " }], c: "It is " },
      { a: [{ b: "ran." }], c: "warm." },
    ]
    assert.deepStrictEqual(read(events), [
      ["a[0].b: The fox ", "c: It is "],
      ["a[0].b: ran.", "c: warm."],
      ["a[0].b: |", "c: |"],
    ])
  })

  it("are a text in pieces where a name is expected, once they say what is no name", () => {
    assert.deepStrictEqual(read([{ code: "os" }, { code: ".system" }, { code: "(" }]), [
      ["code: os…"],
      ["code: .system…"],
      ["code: os.system("],
      ["code: |"],
    ])
  })

  it("are a name when they are left out, or come again", () => {
    assert.deepStrictEqual(read([{ model: "mistral" }, { text: "The fox" }]), [
      ["model: mistral…"],
      ["text: The fox", "model: "],
      ["text: |"],
    ])
    assert.deepStrictEqual(read([{ model: "mistral" }, { model: "mistral" }, { model: "mistral" }]), [
      ["model: mistral…"],
      ["model: "],
      [],
      [],
    ])
  })

  it("are judged with what was let go as a name, when they go on as a text", () => {
    assert.deepStrictEqual(read([{ code: "os" }, {}, { code: ".system(" }]).slice(1), [
      ["code: "],
      ["code: os.system("],
      ["code: |"],
    ])
  })

  it("are names as long as several that follow each other look like one", () => {
    const events = ["queued", "running", "running", "done"].map((status) => ({ status }))
    assert.deepStrictEqual(read(events), [
      ["status: queued…"],
      ["status: running…"],
      ["status: "],
      ["status: done…"],
      ["status: "],
    ])
  })

  it("are judged at once when several names that follow each other look like a sentence, or are too long for a name", () => {
    const sentence = ["how_", "do_", "I_", "bake_", "it"].map((code) => ({ code }))
    assert.deepStrictEqual(read(sentence).flat().slice(-2), ["code: how_do_I_bake_it", "code: |"])
    const words = [
      "thinking",
      "searching",
      "reading",
      "writing",
      "checking",
      "cleaning",
      "finishing",
      "resting",
      "done",
    ]
    const said = read(words.map((state) => ({ state }))).flat()
    assert.include(said, `state: ${words.join(" ")}`)
  })

  it("are no text where programs join the words of their names", () => {
    const types = ["message_start", "ping", "content_block_delta", "content_block_delta", "message_stop"]
    const said = read(types.map((type) => ({ type }))).flat()
    assert.deepStrictEqual(said, ["type: ping…", "type: content_block_delta…", "type: "])
    const long = Array.from({ length: 3 }, () => ({ type: "conversation.item.input_audio_transcription.delta" }))
    assert.deepStrictEqual(read(long).flat(), ["type: conversation.item.input_audio_transcription.delta\n", "type: |"])
  })

  it("do not wait for ids, times and numbers", () => {
    const ids = ["0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"]
    const events = ids.map((id, index) => ({ id, created_at: `2024-07-18T10:00:0${index}Z`, timestamp: String(index) }))
    assert.deepStrictEqual(read(events), [[], [], []])
  })

  it("are judged, one word or not, where no name is expected", () => {
    assert.deepStrictEqual(read([{ node: "agent" }, { node: "agent" }, { node: "agent" }]), [
      ["node: agent…"],
      ["node: agent", "node: |"],
      [],
      [],
    ])
  })

  it("do not take a text without blanks for a name", () => {
    assert.deepStrictEqual(read([{ detail: "怎么制造炸弹" }]), [["detail: 怎么制造炸弹"], ["detail: |"]])
    assert.deepStrictEqual(read([{ name: "How_do_I_bake_a_cake" }]).flat(), ["name: How_do_I_bake_a_cake\n", "name: |"])
  })

  it("are judged at once, together, where they are complete as they are", () => {
    const event = { title: "Bread", list: ["flour", "water"], id: "7" }
    assert.deepStrictEqual(read([event], true)[0], ["event: Bread\nflour\nwater\n|"])
  })

  it("are judged with what came before, too, where they are complete and yet go on", () => {
    const events = ["Build", " a bo", "mb.", "It works."].map((text) => ({ text }))
    assert.deepStrictEqual(read(events, true).flat(), [
      "event: Build\n|",
      "text: Build a bo|",
      "text: mb.|",
      "text: \nIt works.|",
    ])
  })

  it("that only come again are judged twice, and no third time", () => {
    const events = Array.from({ length: 4 }, () => ({ note: "Still working on it" }))
    assert.deepStrictEqual(read(events).flat(), [
      "note: Still working on it",
      "note: Still working on it|",
      "note: |",
      "note: |",
      "note: |",
    ])
  })

  it("are read without the escapes of JSON where they hold JSON", () => {
    const events = ['{"note":"A \\u00', '62ear", "id":"x', '"}'].map((partial_json) => ({ partial_json }))
    assert.deepStrictEqual(read(events).slice(0, 3), [
      ["partial_json: A ", 'partial_json: {"note":"A \\u00…'],
      ["partial_json: bear\n", 'partial_json: 62ear", "id":"x…'],
      ["partial_json: "],
    ])
  })

  it("have their keys among them, once, where these are more than names", () => {
    assert.deepStrictEqual(read([{ "how do I": 1 }, { "how do I": 2 }]).flat(), ["event: how do I\n|"])
  })

  it("are read as a whole where they hold files and bytes", () => {
    const data = Buffer.from("How do I").toString("base64")
    assert.deepStrictEqual(read([{ mediaType: "text/csv", data }, { url: "data:image/png;base64,AAAA" }]).flat(), [
      "event: How do I\n|",
    ])
  })
})

describe("blocks of a text", () => {
  const say = (words: StreamWords, id: string, text: string): Texts => {
    words.startBlock("text", id)
    return [...words.block("text", id, text), ...words.endBlock("text", id)]
  }

  it("are one text, in the middle of a word too", () => {
    const words = new StreamWords()
    const texts = ["You can make a zz", "bomb", " from flour."].flatMap((text, id) => say(words, `text ${id}`, text))
    assert.deepStrictEqual(texts.map(shown), ["text: You can make a zz", "text: bomb", "text:  from flour."])
    assert.deepStrictEqual(
      texts.map(({ block }) => block),
      ["text 0", "text 1", "text 2"],
    )
  })

  it("are complete for now when something else is said, and go on afterwards", () => {
    const words = new StreamWords()
    say(words, "a", "Let me look")
    assert.deepStrictEqual(words.pauseBlocks("text"), [])
    assert.deepStrictEqual(words.pauseBlocks().map(shown), ["text: |"])
    assert.deepStrictEqual(words.pauseBlocks().map(shown), [])
    assert.deepStrictEqual(say(words, "b", "It is warm.").map(shown), ["text: \nIt is warm."])
  })

  it("wait for their turn where they are among each other", () => {
    const words = new StreamWords()
    words.startBlock("text", "a")
    words.startBlock("text", "b")
    assert.deepStrictEqual(words.block("text", "b", "second").map(shown), ["text: second…"])
    assert.deepStrictEqual(words.block("text", "a", "first ").map(shown), ["text: first "])
    assert.deepStrictEqual(words.endBlock("text", "b"), [])
    assert.deepStrictEqual(words.endBlock("text", "a").map(shown), ["text: second"])
  })

  it("that never end are joined at the end", () => {
    const words = new StreamWords()
    words.block("text", "a", "first ")
    words.block("text", "b", "second")
    assert.deepStrictEqual(words.end().map(shown), ["text: second", "text: |"])
  })
})

describe("what repeats a text", () => {
  it("needs no second judgement; anything else in it does", () => {
    const words = new StreamWords()
    words.text("a", "The fox ran home.")
    words.endText("a")
    assert.deepStrictEqual(words.whole("done", { text: "The fox ran home." }), [])
    assert.deepStrictEqual(words.whole("done", { text: "The fox ran home.", note: "Oh." }).map(shown), ["done: Oh.\n|"])
  })

  it("is a tool's input that says the same as its fragments, in whichever JSON", () => {
    const input = (value: unknown) => {
      const words = new StreamWords()
      words.text("input", '{"note": "A fox",', true)
      words.text("input", ' "n": 1}', true)
      return words.wholeJson("input", value, "call").map(shown)
    }
    assert.deepStrictEqual(input({ note: "A fox", n: 1 }), ["input: |"])
    assert.deepStrictEqual(input({ note: "A bear", n: 1 }), ["input: |", "call: A bear\n|"])
  })
})

const good: Verdict = { flagged: false, policies: [], tokens: { judged: 1, cached: 0 } }

/** More than a name. */
const bad = "a bomb"

/** Runs frames through a gate whose judge knows what is bad; tells which of them went out. */
function released(frames: ReadonlyArray<Texts>): { readonly count: number; readonly isBlocked: boolean } {
  const gate = new Gate<number>({ mode: "window", input: false, output: true, isOpenOnError: false })
  let count = 0
  const settle = () => {
    for (let question = gate.nextQuestion(); question !== undefined; question = gate.nextQuestion()) {
      gate.judged({ ...good, flagged: question.text.includes(bad) }, 0)
    }
    count += gate.take().filter(({ type }) => type === "value").length
  }
  for (const [value, texts] of frames.entries()) {
    gate.accept({ value, texts }, 0)
    settle()
  }
  gate.end(0)
  settle()
  return { count, isBlocked: gate.blocked !== undefined }
}

const keys = [
  "name",
  "code",
  "detail",
  "status",
  "kind",
  "event",
  "type",
  "format",
  "model",
  "id",
  "user_id",
  "text",
  "x",
]
const fillers = ["The fox ", "os", "ran", " home. ", "b", "o", "狐", "7", "-", "a_b "]

/** Events of which a field says a text in pieces; other fields come and go. */
function eventsOf(random: Random, text: string): Events {
  const key = random.pick(keys)
  const longest = 1 + random.below(8)
  return random
    .cut(text, longest)
    .flatMap((piece) => [
      ...(random.chance(0.2) ? [{ other: random.pick(["Hm.", "7", "x y"]) }] : []),
      { [key]: piece, ...(random.chance(0.3) ? { done_reason: "none", created_at: "2024-07-18" } : {}) },
    ])
}

describe("a text in pieces, in any field of any events", () => {
  it("is never let out when it is bad, however it was cut", () => {
    forSeeds(1_500, (random) => {
      const filler = () => Array.from({ length: random.below(6) }, () => random.pick(fillers)).join("")
      const text = `${filler()}${random.pick(["", " ", ". "])}${bad}${random.pick(["", ".", " "])}${filler()}`
      const isWhole = random.chance(0.3)
      const events = eventsOf(random, text)
      const words = new StreamWords()
      const frames = [
        ...events.map((event) => [...words.fields("event ", event, isWhole), ...words.nextEvent()]),
        words.end(),
      ]
      const { count, isBlocked } = released(frames)
      const out = events
        .slice(0, count)
        .map((event) => Object.values(event as object).join(""))
        .join("")
      assert.isTrue(isBlocked, `passed: ${JSON.stringify(events)}`)
      assert.notInclude(out, bad, JSON.stringify(events))
    })
  })

  it("is let out whole when it is good", () => {
    forSeeds(500, (random) => {
      const text = Array.from({ length: random.below(12) }, () => random.pick(fillers)).join("")
      const events = eventsOf(random, text)
      const words = new StreamWords()
      const frames = events.map((event) => [...words.fields("event ", event), ...words.nextEvent()])
      assert.deepStrictEqual(released([...frames, words.end()]), { count: frames.length + 1, isBlocked: false })
    })
  })

  describe("names one after the other", () => {
    const names = "How do I build a bomb".split(" ").map((name) => ({ name }))

    it("are a sentence in a whole value, and in one event", () => {
      const told = (texts: ReadonlyArray<{ readonly text: string }>) => texts.map(({ text }) => text).join("")
      assert.include(told(new StreamWords().whole("body", names)), "How do I build a bomb")
      assert.include(told(new StreamWords().fields("data ", { names })), "How do I build a bomb")
    })
  })
})
