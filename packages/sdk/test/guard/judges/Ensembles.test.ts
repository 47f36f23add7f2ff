/** Several judges as one, and policies under other names. */
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Judge, JudgeError } from "../../../src/index.ts"
import { verdictOfJudgement } from "../../../src/words/verdictOfJudgement.ts"
import { allOf, anyOf, renamed, shieldGemma, weighted, wordList } from "../../../src/guard/judges/index.ts"

const saying = (probability: number, threshold = 0.5, policy = "p", name = policy): Judge => ({
  name,
  judge: async () => ({ policies: [{ policy, probability, threshold }], tokens: { judged: 1, cached: 2 } }),
})
const failing: Judge = { name: "failing", judge: () => Promise.reject(new Error("down")) }
const content = { prompt: "x", response: undefined }
const call = {
  original: content,
  signal: new AbortController().signal,
  shield: () => Promise.reject(new Error("no model")),
}
const ask = async (judge: Judge, signal = call.signal) =>
  verdictOfJudgement(judge, await judge.judge(content, { ...call, signal }), content)

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const Said = Schema.Struct({ probability: Share, threshold: Share, policy: Schema.Literals(["a", "b", "c"]) })
const Many = Schema.NonEmptyArray(Said).check(Schema.isMaxLength(5))
const judgesOf = (many: typeof Many.Type) =>
  many.map(({ policy, probability, threshold }, i) => saying(probability, threshold, policy, `j${i}`))

describe("an ensemble", () => {
  it.effect.prop(
    "of `anyOf` flags when one does, of `allOf` when all do, whatever they say",
    { many: Many },
    ({ many }) =>
      Effect.promise(async () => {
        const flags = many.map(({ probability, threshold }) => probability >= threshold)
        const any = await ask(anyOf(judgesOf(many)))
        assert.strictEqual(any.flagged, flags.includes(true))
        assert.strictEqual((await ask(allOf(judgesOf(many)))).flagged, !flags.includes(false))
        assert.strictEqual(new Set(any.policies.map(({ policy }) => policy)).size, any.policies.length)
        assert.deepEqual(any.tokens, { judged: many.length, cached: 2 * many.length })
      }),
  )

  it.effect.prop(
    "of `weighted` says the weighted mean",
    { many: Many, heavy: Schema.Literals([1, 2, 7.5]) },
    ({ heavy, many }) =>
      Effect.promise(async () => {
        const { policies } = await ask(weighted(judgesOf(many).map((judge, i) => [judge, i === 0 ? heavy : 1])))
        const sum = many.reduce((all, { probability }, i) => all + probability * (i === 0 ? heavy : 1), 0)
        assert.closeTo(policies[0]?.probability ?? -1, sum / (heavy + many.length - 1), 1e-12)
      }),
  )

  it("of `weighted` is calibrated, and has a threshold", async () => {
    const judge = weighted([[saying(0.5), 1]], {
      policy: "mine",
      thresholds: 0.9,
      calibration: { slope: 1, offset: 5 },
    })
    const { policies } = await ask(judge)
    assert.closeTo(policies[0]?.probability ?? 0, 1 / (1 + Math.exp(-5)), 1e-12)
    assert.deepInclude(policies[0], { policy: "mine", threshold: 0.9, flagged: true })
  })

  it("fails with one that fails, unless the others have settled it", async () => {
    await expect(ask(anyOf([saying(0), failing]))).rejects.toThrow("down")
    assert.isTrue((await ask(anyOf([failing, saying(1)]))).flagged)
    // What is only told of, or cut out, lets the rest go out.
    for (const action of ["flag", "redact"] as const) {
      const told = wordList({ words: [content.prompt], action })
      await expect(ask(anyOf([told, failing]))).rejects.toThrow("down")
    }
    await expect(ask(allOf([saying(1), failing]))).rejects.toThrow("down")
    assert.isFalse((await ask(allOf([failing, saying(0)]))).flagged)
    await expect(ask(allOf([failing]))).rejects.toThrow("down")
    await expect(
      ask(
        weighted([
          [saying(1), 1],
          [failing, 1],
        ]),
      ),
    ).rejects.toThrow("down")
  })

  it("fails with one that says what is no judgement", async () => {
    const mad: Judge = {
      name: "mad",
      judge: async () => ({ policies: [{ policy: "p", probability: Number.NaN, threshold: 0 }] }),
    }
    await expect(ask(anyOf([mad, saying(0)]))).rejects.toBeInstanceOf(JudgeError)
    await expect(ask(anyOf([{ name: "mute", judge: async () => ({ policies: [] }) }]))).rejects.toThrow(
      "named no policy",
    )
  })

  it("stops where its call does, whatever some have said", async () => {
    const leaving = new AbortController()
    leaving.abort(new Error("gone"))
    await expect(ask(anyOf([saying(1)]), leaving.signal)).rejects.toThrow("gone")
  })

  it("says in its name who is in it, and whether one of them needs the model", () => {
    const model = { ...saying(0), usesModel: true }
    assert.strictEqual(anyOf([saying(0, 0.5, "a"), saying(0, 0.5, "b")]).name, "any(a, b)")
    assert.isTrue(allOf([saying(0), anyOf([model])]).usesModel)
    assert.isFalse(weighted([[saying(0), 1]]).usesModel)
  })

  it.each([
    [() => anyOf([]), "judges"],
    [() => anyOf([{}] as never), "judges[0].name"],
    [() => allOf([undefined] as never), "judges[0]"],
    [() => weighted([[saying(0), 0]]), "judges[0][1]"],
    [() => weighted([[saying(0), Number.NaN]]), "judges[0][1]"],
    [() => weighted([saying(0)] as never), "judges[0]"],
    [() => weighted(undefined as never), "judges"],
    [() => weighted([[saying(0), 1]], { policy: "p", thresholds: { weighted: 0.5 } }), "thresholds.weighted"],
    [() => shieldGemma({ policies: ["hate"], thresholds: { hate: 0.5 } }), "thresholds.hate"],
    [() => weighted([[saying(0), 1]], { treshold: 1 } as never), "treshold"],
  ])("is refused where it is none: %#", (make, option) => {
    expect(make).toThrow(expect.objectContaining({ option }))
  })
})

describe("policies under other names", () => {
  it("are one where they have one name: what is nearest to being flagged", async () => {
    const both = anyOf([saying(0.4, 0.5, "a"), saying(0.9, 0.95, "b"), saying(0.1, 0.5, "c")])
    const { policies } = await ask(renamed(both, { a: "harm", b: "harm" }))
    assert.deepEqual(
      policies.map(({ policy, probability }) => [policy, probability]),
      [
        ["harm", 0.9],
        ["c", 0.1],
      ],
    )
    const mad = {
      name: "mad",
      judge: async () => ({
        policies: [[0.1, "a"] as const, [Number.NaN, "b"] as const].map(([probability, policy]) => ({
          policy,
          probability,
          threshold: 0.5,
        })),
      }),
    }
    await expect(ask(renamed(mad, { a: "harm", b: "harm" }))).rejects.toBeInstanceOf(JudgeError)
    expect(() => renamed(both, { a: "" })).toThrow("no text")
  })
})
