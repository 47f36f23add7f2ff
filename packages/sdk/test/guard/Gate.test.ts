/** Pieces that cannot be judged yet: the gate holds their frames until they can. */
import { assert, describe, it } from "vitest"
import type { FrameText } from "../../src/guard/Frame.ts"
import { Gate } from "../../src/guard/Gate.ts"
import { InvalidRequestError } from "../../src/words/Errors.ts"
import type { Verdict } from "../../src/words/Verdict.ts"

const verdict: Verdict = { flagged: false, policies: [], tokens: { judged: 1, cached: 0 } }

/** Feeds frames one by one, judges what is to be judged, and tells which went out behind each, and what was judged. */
function through(frames: ReadonlyArray<ReadonlyArray<FrameText>>, mode: "window" | "buffer" = "window") {
  const gate = new Gate<number>({ mode, input: false, output: true, isOpenOnError: false })
  const judged: Array<string> = []
  const out: Array<ReadonlyArray<number>> = []
  const settle = () => {
    for (let question = gate.nextQuestion(); question !== undefined; question = gate.nextQuestion()) {
      judged.push(`${question.channel}: ${question.text}`)
      gate.judged(verdict, 0)
    }
    out.push(gate.take().flatMap((part) => (part.type === "value" ? [part.value] : [])))
  }
  for (const [value, texts] of frames.entries()) {
    gate.accept({ value, texts }, 0)
    settle()
  }
  gate.end(0)
  settle()
  return { judged, out, report: gate.report() }
}

const held = (text: string, block?: string): FrameText => ({ text, isHeld: true, block })

describe("a piece that is held", () => {
  it("waits for the next piece, which says what it said", () => {
    const { judged, out } = through([[held("o")], [held("s")], [{ text: "os.exit(). " }]])
    assert.deepStrictEqual(out, [[], [], [0, 1, 2], []])
    assert.deepStrictEqual(judged, ["text: os.exit(). "])
  })

  it("goes out unjudged when the next piece says that it was nothing", () => {
    const { judged, out } = through([[held("gpt-4o")], [{ text: "" }]])
    assert.deepStrictEqual(out, [[], [0, 1], []])
    assert.deepStrictEqual(judged, [])
  })

  it("is judged as it stands when nothing follows", () => {
    const { judged, out } = through([[{ text: "It ran " }], [held("home")]])
    assert.deepStrictEqual(out, [[], [], [0, 1]])
    assert.deepStrictEqual(judged, ["text: It ran home"])
  })

  it("does not wait for ever while others speak", () => {
    const long = { channel: "other", text: `${"All is well. ".repeat(160)}` }
    const { judged, out } = through([[held("status")], [long], [{ text: "status done." }]])
    assert.deepStrictEqual(out.slice(0, 2), [[], [0, 1]])
    assert.include(judged, "text: status")
  })

  it("waits for its own block where it names one", () => {
    const { judged, out } = through([
      [held("second. ", "b")],
      [{ text: "First, ", block: "a" }],
      [{ text: "then. ", block: "a" }],
      [{ text: "second. ", block: "b" }],
    ])
    assert.deepStrictEqual(out, [[], [], [], [0, 1, 2, 3], []])
    assert.deepStrictEqual(judged, ["a: First, then. ", "b: First, then. second. "])
  })

  it("counts once among the characters", () => {
    const { report } = through([[held("os")], [{ text: "os.exit()" }]], "buffer")
    assert.strictEqual(report.releasedCharacters, 9)
  })
})

describe("with onError allow", () => {
  const open = () => new Gate<number>({ mode: "window", input: true, output: true, isOpenOnError: true })
  const tooLong = new InvalidRequestError({ option: "prompt", problem: "too long", remedy: "Shorten it." })

  it("what failed goes out, and what is refused for what it is does not", () => {
    const failed = open()
    failed.inputFailed(new Error("the engine is gone"), 0)
    assert.isUndefined(failed.blocked)
    const refused = open()
    refused.inputFailed(tooLong, 0)
    assert.deepStrictEqual(refused.blocked, { of: "input", reason: "failed", error: tooLong })
  })

  it("an answer that is too long to be judged is held back", () => {
    const gate = new Gate<number>({ mode: "buffer", input: false, output: true, isOpenOnError: true })
    gate.accept({ value: 1, texts: [{ text: "An answer." }] }, 0)
    gate.end(0)
    assert.isDefined(gate.nextQuestion())
    gate.failed(tooLong, 0)
    assert.strictEqual(gate.blocked?.of, "output")
    assert.isTrue(gate.take().every(({ type }) => type !== "value"))
  })
})

describe("a policy that only tells", () => {
  const of = (action: "flag" | undefined): Verdict => ({
    flagged: true,
    policies: [
      { policy: "x", probability: 0.9, threshold: 0.5, flagged: true, ...(action !== undefined && { action }) },
      { policy: "y", probability: 0.1, threshold: 0.5, flagged: false },
    ],
    tokens: { judged: 1, cached: 0 },
  })
  const judgedAs = (verdicts: ReadonlyArray<Verdict>) => {
    const gate = new Gate<number>({ mode: "window", input: true, output: true, isOpenOnError: false })
    const asked: Array<string> = []
    gate.inputJudged({ verdict: of("flag"), judgements: 1 }, 0)
    for (const [value, verdict] of verdicts.entries()) {
      gate.accept({ value, texts: [{ text: `Sentence ${value}. ` }] }, 0)
      asked.push(gate.nextQuestion()?.text ?? "")
      gate.judged(verdict, 0)
    }
    return { asked, values: gate.take().flatMap((part) => (part.type === "value" ? [part.value] : [])), gate }
  }

  it("lets out what it flags, and what follows is judged together with it", () => {
    const { asked, gate, values } = judgedAs([of("flag"), of("flag")])
    assert.deepStrictEqual(values, [0, 1])
    assert.deepStrictEqual(asked, ["Sentence 0. ", "Sentence 0. Sentence 1. "])
    assert.isUndefined(gate.blocked)
    assert.isTrue(gate.report().verdicts.output?.flagged)
  })

  it("keeps no other from holding back, and its verdict gives way to that", () => {
    const { gate, values } = judgedAs([of("flag"), of(undefined)])
    assert.deepStrictEqual(values, [0])
    assert.strictEqual(gate.blocked?.reason, "flagged")
    assert.deepStrictEqual(gate.report().verdicts.output, of(undefined))
  })
})
