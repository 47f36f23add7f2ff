import { assert, describe, it } from "@effect/vitest"
import { breakFromJson, breakToJson, partReader, partToJson } from "../../src/remote/PartDocument.ts"
import { errorFromPlain, errorToPlain, type FacetError } from "../../src/words/Errors.ts"
import { emptyReport } from "../../src/words/GuardReport.ts"
import { assertSame, checkNonsense, sent } from "./documents.ts"
import { PartSeed, partOf } from "./values.ts"

/** Errors of parts are ours in these tests. */
const tell = (error: unknown) => errorToPlain(error as FacetError)
const readPart = partReader((error) => errorFromPlain(error) ?? new Error("not told"))

describe("a part of a generation", () => {
  it.prop("comes back as it was, its errors among it", { seed: PartSeed }, ({ seed }) => {
    const part = partOf(seed)
    assertSame(readPart(sent(partToJson(part, tell)), ""), part)
  })

  it.prop("with nonsense in any place is refused, or can be used", { seed: PartSeed }, ({ seed }) => {
    checkNonsense(sent(partToJson(partOf(seed), tell)), readPart, (part) => {
      if (part.type === "failure") assert.instanceOf(part.error, Error)
      if (part.type === "finish") assert.isString(part.usage.promptTokens.toFixed() + part.timings.totalMs.toFixed())
    })
  })
})

describe("the break of a generation", () => {
  it("comes back with its problem", () => {
    const problem = { type: "urn:facet:problem:failed", title: "The server failed", status: 500, detail: "It failed." }
    assert.deepStrictEqual(breakFromJson(sent(breakToJson(problem))), { problem })
  })

  it.prop("is no part", { seed: PartSeed }, ({ seed }) => {
    assert.isUndefined(breakFromJson(sent(partToJson(partOf(seed), tell))))
  })
})

describe("the reasons of a verdict", () => {
  const span = { start: 0, end: 4, without: 0.1, effect: 3 }
  const reason = { ...span, side: "prompt", text: "bomb", spans: [span], tokens: { judged: 9, cached: 1 } } as const
  const policies = [{ policy: "dangerous_content", probability: 0.9, threshold: 0.5, flagged: true, reason }]
  const verdict = { flagged: true, policies, tokens: { judged: 5, cached: 0 } }

  it("go to whoever wrote the words", () => {
    const part = { type: "verdict", of: "input", verdict } as const
    assert.deepStrictEqual(readPart(sent(partToJson(part, tell)), ""), part)
  })

  it("stay with the app where they quote an answer that was held back, or its own system text", () => {
    const report = { ...emptyReport({ of: "output", reason: "flagged", verdict }), verdicts: { output: verdict } }
    const parts = [
      { type: "verdict", of: "output", verdict },
      { type: "verdict", of: "input", verdict: { ...verdict, turn: "system" } },
      {
        type: "finish",
        finishReason: "blocked",
        usage: { promptTokens: 1, completionTokens: 0, cachedTokens: 0 },
        timings: { firstTokenMs: 0, totalMs: 1, tokensPerSecond: 0 },
        guard: report,
      },
    ] as const
    for (const part of parts) {
      const json = JSON.stringify(partToJson(part, tell))
      assert.include(json, "dangerous_content")
      assert.notInclude(json, "bomb")
    }
  })
})
