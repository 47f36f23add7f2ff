/** Of several readings the worst counts. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { judgeReadings } from "../../src/guard/judgeReadings.ts"
import type { PromptReading } from "../../src/words/promptReadings.ts"
import { OverloadedError } from "../../src/words/Errors.ts"
import type { Verdict } from "../../src/words/Verdict.ts"

const readings: ReadonlyArray<PromptReading> = [
  { text: "0.2", turn: "last" },
  { text: "0.4", turn: "system" },
  { text: "0.3", turn: "history" },
]

const threshold = 0.5
const verdictOn = (probability: number): Verdict => {
  const flagged = probability >= threshold
  return { flagged, policies: [{ policy: "p", probability, threshold, flagged }], tokens: { judged: 10, cached: 1 } }
}

const run = (texts: ReadonlyArray<PromptReading>) => {
  const asked: Array<readonly [text: string, isNested: boolean]> = []
  const judged = judgeReadings(texts, ({ text }, isNested) => {
    asked.push([text, isNested])
    return text === "fails" ? Effect.fail(new OverloadedError({ limit: 1 })) : Effect.succeed(verdictOn(Number(text)))
  })
  return Effect.map(Effect.result(judged), (result) => ({ asked, result }))
}

describe("readings", () => {
  it.effect("have the verdict on the worst, and cost what all of them cost", () =>
    Effect.gen(function* () {
      const { asked, result } = yield* run(readings)
      assert.deepStrictEqual(asked, [
        ["0.2", false],
        ["0.4", true],
        ["0.3", true],
      ])
      assert.strictEqual(result._tag, "Success")
      if (result._tag !== "Success") return
      const { judgements, verdict } = result.success
      assert.deepStrictEqual([judgements, verdict.turn, verdict.flagged], [3, "system", false])
      assert.deepStrictEqual(verdict.tokens, { judged: 30, cached: 3 })
    }),
  )

  it.effect("are judged until one is flagged", () =>
    Effect.gen(function* () {
      const { asked, result } = yield* run([{ text: "0.9", turn: "last" }, ...readings])
      assert.strictEqual(asked.length, 1)
      assert.isTrue(result._tag === "Success" && result.success.verdict.flagged)
    }),
  )

  it.effect("are flagged although one of them cannot be judged, and fail otherwise", () =>
    Effect.gen(function* () {
      const flagged = yield* run([
        { text: "fails", turn: "last" },
        { text: "0.9", turn: "history" },
      ])
      assert.strictEqual(flagged.result._tag, "Success")
      const failed = yield* run([...readings, { text: "fails", turn: "history" }])
      assert.strictEqual(failed.result._tag, "Failure")
    }),
  )

  it.effect("tell of each policy, also of those that did not judge the worst of them", () =>
    Effect.gen(function* () {
      const said = (policies: ReadonlyArray<string>, probability: number): Verdict => ({
        flagged: probability >= threshold,
        policies: policies.map((policy) => ({ policy, probability, threshold, flagged: probability >= threshold })),
        tokens: { judged: 1, cached: 0 },
      })
      const texts = [
        { text: "0.2", policies: ["a"] },
        { text: "0.4", policies: ["b"] },
        { text: "0.1", policies: ["a", "c"] },
      ]
      const { verdict } = yield* judgeReadings(texts, ({ policies, text }) =>
        Effect.succeed(said(policies ?? [], Number(text))),
      )
      assert.deepEqual(
        verdict.policies.map(({ policy, probability }) => [policy, probability]),
        [
          ["b", 0.4],
          ["a", 0.2],
          ["c", 0.1],
        ],
      )
    }),
  )
})
