/** Policies out of examples, on the embedded models. */
import { readFile } from "node:fs/promises"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import {
  Facet,
  type InvalidRequestError,
  type Policy,
  policies,
  policyCard,
  type PolicyExample,
  readPolicyFile,
  writePolicyFile,
} from "../../src/index.ts"

/** Prompts that were written by hand to measure the guard, which never saw them; here 1 is whatever it should flag. */
const written = await readFile(
  new URL("../../../tiny/recipe/facet_tiny/data/guard/prompts/hand.json", import.meta.url),
  "utf8",
).then((text) => {
  const { prompts }: { prompts: ReadonlyArray<{ text: string; violates: ReadonlyArray<string> }> } = JSON.parse(text)
  return prompts.map(({ text, violates }): PolicyExample => ({ text, label: violates.length > 0 ? 1 : 0 }))
})
const some = (count: number): ReadonlyArray<PolicyExample> => {
  // Every other one: the set goes from subject to subject.
  const of = (label: 0 | 1) =>
    written.filter((example, i) => example.label === label && i % 2 === 0).slice(0, count / 2)
  return [...of(0), ...of(1)]
}
const guideline = policies.dangerous_content.promptGuideline

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

const failureOf = (training: Promise<unknown>): Promise<unknown> => training.catch((error: unknown) => error)

describe("trainPolicy", () => {
  let policy: Policy
  let told: Array<number>
  beforeAll(async () => {
    told = []
    policy = await facet.trainPolicy(some(60), {
      id: "harm",
      guideline,
      layers: [1, 3],
      maxFalsePositiveRate: 0.1,
      onProgress: ({ done, total }) => told.push(done / total),
    })
  })

  it("tries the guideline, a probe and both, and keeps the best on held-out folds", () => {
    const { candidates = [], figures, method } = policy.training ?? {}
    assert.sameMembers(
      candidates.map((candidate) => candidate.method),
      ["guideline", "probe", "both"],
    )
    const best = Math.max(...candidates.map(({ auPrc }) => auPrc))
    assert.strictEqual(figures?.auPrc, best)
    assert.strictEqual(candidates.find((candidate) => candidate.method === method)?.auPrc, best)
    assert.isAbove(best, 0.8)
    assert.deepInclude(policy.training, { examples: 60, positives: 30, folds: 5, labels: "given" })
  })

  it("has the operating point that was asked for, and flags from there on", () => {
    const { operatingPoint } = policy.training ?? {}
    assert.isAtMost(operatingPoint?.falsePositiveRate ?? 1, 0.1)
    assert.isAbove(operatingPoint?.recall ?? 0, 0.4)
    assert.strictEqual(policy.threshold, operatingPoint?.threshold)
  })

  it("tells how far fewer examples go, and how far it has come", () => {
    assert.deepEqual(
      policy.training?.learningCurve.map(({ examples }) => examples),
      [20],
    )
    assert.strictEqual(told.length, 60)
    assert.strictEqual(told.at(-1), 1)
  })

  it("judges texts that it has not seen, also after a file's way", async () => {
    const seen = new Set(some(60).map(({ text }) => text))
    const fresh = written.filter(({ text }) => !seen.has(text))
    const [read] = await readPolicyFile(writePolicyFile([policy]))
    assert.deepEqual(read, policy)
    let right = 0
    for (const { label, text } of fresh) {
      const { flagged } = await facet.shield(text, { policies: [read!] })
      right += Number(flagged === (label === 1))
    }
    assert.isAbove(right / fresh.length, 0.75)
  })

  it("has a card with its figures and its limits", () => {
    const card = policyCard(policy)
    assert.match(card, /^# harm\n/)
    for (const part of ["AU-PRC", "30 of them violate it", "false-positive rate of at most 0.1", "## Limits"]) {
      assert.include(card, part)
    }
  })

  it("refuses to report what fewer than 50 labels cannot tell", async () => {
    const small = await facet.trainPolicy(some(20), { guideline, layers: [1] })
    assert.isNull(small.training?.figures)
    assert.isNull(small.training?.operatingPoint)
    assert.isEmpty(small.training?.candidates)
    assert.match(small.training?.untold ?? "", /^20 labels cannot tell/)
    assert.strictEqual(small.threshold, 0.5)
    const asked = await failureOf(facet.trainPolicy(some(20), { guideline, minRecall: 0.9 }))
    assert.propertyVal(asked, "option", "minRecall")
    assert.include(String(asked), "20 labels cannot tell it")
  })

  it("reads no guard in a chat's frame", async () => {
    const error = await failureOf(facet.trainPolicy(some(60), { guideline, frame: "chat" }))
    assert.strictEqual((error as InvalidRequestError).option, "frame")
    const other = await failureOf(facet.trainPolicy(some(60), { guideline, activations: "text", frame: "shield" }))
    assert.strictEqual((other as InvalidRequestError).option, "frame")
  })

  it("refuses a rate that is finer than one of the examples, and one that cannot be had", async () => {
    const fine = await failureOf(facet.trainPolicy(some(60), { guideline, layers: [3], maxFalsePositiveRate: 0.01 }))
    assert.include(String(fine), "30 examples labelled 0 cannot tell a rate of 0.01")
  })

  const one: PolicyExample = { text: "The fox ran.", label: 1 }
  const rest = some(20)
  it.each([
    ["no examples", [], "examples", "holds none"],
    ["a missing label", [...rest, { text: "x" }], "examples[20].label", "missing"],
    ["a label that is none", [...rest, { text: "x", label: 2 }], "examples[20].label", "2 is not valid"],
    ["an empty text", [...rest, { text: " ", label: 0 }], "examples[20].text", "empty"],
    ["an unknown field", [...rest, { ...one, lable: 1 }], "examples[20].lable", "no such option"],
    [
      "a text that comes twice",
      [...rest, one, { text: "the FOX  ran. ", label: 1 }],
      "examples[21].text",
      "examples[20]",
    ],
    ["labels that contradict each other", [...rest, one, { ...one, label: 0 }], "examples[21].label", "it is 0, and"],
    ["one class only", rest.filter(({ label }) => label === 1), "examples", "0 of 10 are labelled 0"],
    ["a text beyond the window", [...rest, { text: "fox ".repeat(2000), label: 1 }], "examples[20].text", "window"],
  ])("refuses %s", async (_, examples, option, part) => {
    const error = await failureOf(
      facet.trainPolicy(examples as ReadonlyArray<PolicyExample>, { guideline, layers: [1] }),
    )
    assert.propertyVal(error, "_tag", "InvalidRequestError")
    assert.propertyVal(error, "option", option)
    assert.include(String(error), part)
  })

  it.each([
    [{ guideline: "" }, "guideline"],
    [{ guideline, layers: [] }, "layers"],
    [{ guideline, layers: [6] }, "layers[0]"],
    [{ guideline, maxFalsePositiveRate: 2 }, "maxFalsePositiveRate"],
    [{ guideline, activations: "both" }, "activations"],
    [{ guideline, method: "probe" }, "method"],
  ] as const)("refuses the options %j", async (options, option) => {
    const error = await failureOf(facet.trainPolicy(some(20), options as never))
    assert.propertyVal(error, "option", option)
  })
})

describe("distilPolicy", () => {
  it("trains a probe of the model that writes on the guard's own verdicts", async () => {
    const texts = written.map(({ text }) => text)
    const policy = await facet.distilPolicy(texts, { layers: [2] })
    assert.strictEqual(policy.probe?.frame, "chat")
    assert.strictEqual(policy.probe?.of, "text")
    assert.isUndefined(policy.probe?.guideline)
    assert.deepInclude(policy.training, { labels: "distilled", method: "probe" })
    assert.isAbove(policy.training?.figures?.auRoc ?? 0, 0.6)
    for (const text of texts.slice(-4)) {
      const flagging = { ...policy, threshold: 0 }
      const [verdict] = (await facet.shield(` ${text}`, { policies: [flagging], explain: true })).policies
      const { reason } = verdict!
      assert.strictEqual(` ${text}`.slice(reason?.start, reason?.end), reason?.text)
      // What the words add, and what is left of them, make up the verdict.
      const logit = (probability: number) => Math.log(probability / (1 - probability))
      assert.closeTo(logit(reason?.without ?? NaN) + (reason?.effect ?? NaN), logit(verdict?.probability ?? NaN), 1e-3)
      const effects = reason?.spans.map(({ effect }) => effect) ?? []
      assert.deepStrictEqual(
        effects,
        effects.toSorted((a, b) => b - a),
      )
    }
    const error = await failureOf(facet.distilPolicy(["The dog sleeps.", "The cat sat.", "We had soup."]))
    assert.include(String(error), "0 of 3 are labelled 1")
  })
})
