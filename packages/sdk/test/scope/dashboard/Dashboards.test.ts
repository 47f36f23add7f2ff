import { assert, describe, it } from "vitest"
import { Dashboards } from "../../../src/scope/dashboard/Dashboards.ts"
import type { ActivationSpan, DashboardReport } from "../../../src/scope/dashboard/FeatureDashboard.ts"
import { Histogram } from "../../../src/scope/dashboard/Histogram.ts"
import { dashboardsFromNeuronpedia, dashboardsToNeuronpedia } from "../../../src/scope/dashboard/NeuronpediaBatch.ts"
import { InvalidRequestError } from "../../../src/words/Errors.ts"
import type { Trace } from "../../../src/words/Trace.ts"
import { seededUniform } from "../../uniform.ts"

/** A trace of words, each with the activations of its features; `<bos>` comes before them. */
const trace = (
  ...words: ReadonlyArray<readonly [string, Readonly<Record<number, number>>]>
): Pick<Trace, "tokens"> => ({
  tokens: [["<bos>", { 7: 900 }] as const, ...words].map(([token, features], id) => ({
    token,
    id,
    features: Object.entries(features).map(([index, activation]) => ({ index: Number(index), activation })),
  })),
})

const texts = [
  trace(["the", { 2: 1 }], [" dog", { 7: 4, 2: 1 }], [" ran", {}], [" home", { 7: 1 }]),
  trace(["a", { 2: 1 }], [" cat", { 7: 6 }], [" slept", { 9: 3 }]),
  trace(["dogs", { 7: 2, 9: 1 }]),
]

const made = (options = {}, all: ReadonlyArray<Pick<Trace, "tokens">> = texts): Dashboards => {
  const dashboards = new Dashboards(options)
  for (const one of all) dashboards.add(one)
  return dashboards
}

/** Without the number of its text, which no batch has. */
const bare = ({ max, maxIndex, tokens, values }: ActivationSpan) => ({ max, maxIndex, tokens, values })

describe("Dashboards", () => {
  it("counts where features fire, and leaves <bos> out", () => {
    const [two, seven] = made().dashboards(new Map([[7, "animals"]]))
    assert.deepInclude(seven, { index: 7, label: "animals", density: 4 / 8, max: 6, mean: 13 / 4 })
    assert.deepInclude(two, { index: 2, density: 3 / 8, max: 1, mean: 1 })
    assert.deepInclude(seven?.histogram, { to: 8 })
    assert.strictEqual(
      seven?.histogram.counts.reduce((sum, count) => sum + count),
      4,
    )
  })

  it("shows the texts in which a feature fires most, the strongest first, each once", () => {
    const [seven] = made({ features: [7], around: 1, spans: 2 }).dashboards()
    assert.deepStrictEqual(seven?.spans, [
      { tokens: ["a", " cat", " slept"], values: [0, 6, 0], max: 6, maxIndex: 1, text: 1 },
      { tokens: ["the", " dog", " ran"], values: [0, 4, 0], max: 4, maxIndex: 1, text: 0 },
    ])
  })

  it("knows which features are active at the same tokens", () => {
    const [seven] = made({ features: [7] }).dashboards()
    // Of 8 tokens, 7 is active at 4, 2 at 3 and 9 at 2; at one together with either.
    const phi = (both: number, a: number, b: number) => (8 * both - a * b) / Math.sqrt(a * (8 - a) * b * (8 - b))
    assert.deepStrictEqual(seven?.neighbours, [
      { index: 9, correlation: phi(1, 4, 2) },
      { index: 2, correlation: phi(1, 4, 3) },
    ])
  })

  it("shows a feature that fires nowhere, and refuses settings out of range", () => {
    const [none] = made({ features: [100] }).dashboards()
    assert.deepInclude(none, { index: 100, density: 0, max: 0, mean: 0, spans: [], neighbours: [] })
    assert.throws(() => new Dashboards({ bins: 7 }), InvalidRequestError)
    assert.throws(() => new Dashboards({ spans: -1 }), InvalidRequestError)
    assert.throws(() => new Dashboards({ features: [3, -1] }), InvalidRequestError, /features\[1\]/)
    assert.throws(() => new Dashboards({ feature: [3] } as never), InvalidRequestError, /no such option/)
    assert.throws(() => new Dashboards().add({} as never), InvalidRequestError, /no trace/)
    for (const collected of [null, {}, { ...made({}).collected(), texts: "3" }]) {
      assert.throws(() => Dashboards.from(collected as never), InvalidRequestError, /what dashboards collect/)
    }
  })

  it("is the same after an interruption, wherever it came", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const uniform = seededUniform(seed)
      const below = (count: number): number => Math.floor(uniform() * count)
      const features = () => Object.fromEntries(Array.from({ length: below(4) }, () => [below(6), 1 + below(50) / 4]))
      const word = () => ["a", features()] as const
      const all = Array.from({ length: 6 }, () => trace(...Array.from({ length: below(7) }, word)))
      for (const options of [{}, { features: [1, 3] }]) {
        const settings = { bins: 8, spans: 2, around: 1, ...options }
        const expected = made(settings, all).dashboards()
        for (let at = 0; at <= all.length; at++) {
          const resumed = Dashboards.from(JSON.parse(JSON.stringify(made(settings, all.slice(0, at)).collected())))
          for (const one of all.slice(at)) resumed.add(one)
          assert.deepStrictEqual(resumed.dashboards(), expected, `${seed} at ${at}`)
        }
      }
    }
  })
})

describe("Histogram", () => {
  it("counts each value in the interval that it lies in, however the range grew", () => {
    for (const seed of [1, 2, 3, 4]) {
      const uniform = seededUniform(seed)
      const values = Array.from({ length: 200 }, () => 10 ** (8 * uniform() - 4))
      const histogram = new Histogram(8)
      for (const value of values) histogram.add(value)
      const width = histogram.to / 8
      const inside = (value: number, i: number): boolean => value > i * width && value <= (i + 1) * width
      const expected = Array.from({ length: 8 }, (_, i) => values.filter((value) => inside(value, i)).length)
      assert.deepStrictEqual(histogram.counts, expected)
    }
  })
})

describe("dashboardsToNeuronpedia", () => {
  const report: DashboardReport = {
    model: "google/gemma-2-2b",
    site: "resid_post",
    layer: 20,
    set: "gemmascope-res-16k",
    dataset: "corpus.jsonl",
    texts: 2,
    tokens: 8,
    features: made({ features: [7, 2], around: 1 }, texts.slice(0, 2))
      .dashboards()
      .map((one) => ({
        ...one,
        promoted: [{ token: " dog", effect: 1.5 }],
        suppressed: [{ token: " of", effect: -1 }],
      })),
  }

  it("writes the fields that SAEDashboard and Neuronpedia have", () => {
    const batch = dashboardsToNeuronpedia(report)
    assert.deepInclude(batch, { model_id: "gemma-2-2b", layer: 20, sae_set: "gemmascope-res-16k" })
    const [feature] = batch["features"] as ReadonlyArray<Record<string, unknown>>
    assert.deepInclude(feature, { feature_index: 7, pos_str: [" dog"], neg_values: [-1], n_prompts_total: 2 })
    // A viewer reads heights by the place of values.
    const [values, heights] = ["values", "heights"].map((name) => feature?.[`freq_hist_data_bar_${name}`])
    assert.strictEqual((values as ReadonlyArray<number>).length, (heights as ReadonlyArray<number>).length)
  })

  it("is read back as it was, but for what there is no field for", () => {
    const read = dashboardsFromNeuronpedia(JSON.parse(JSON.stringify(dashboardsToNeuronpedia(report))))
    assert.deepInclude(read, { model: "gemma-2-2b", site: "resid_post", layer: 20, texts: 2, tokens: 8 })
    for (const [i, feature] of report.features.entries()) {
      const { mean, spans, ...rest } = feature
      const { mean: readMean, spans: readSpans, ...readRest } = read.features[i]!
      assert.deepStrictEqual(readRest, rest)
      assert.approximately(readMean, mean, feature.histogram.to / 40)
      assert.deepStrictEqual(readSpans.map(bare), spans.map(bare))
    }
  })

  it.each<[unknown, string]>([
    [null, "batch"],
    [{ model_id: "a", sae_set: "b", features: 3 }, "features"],
    [{ model_id: "a", sae_set: "b", features: [] }, "layer"],
    [{ model_id: "a", layer: "3-res", sae_set: "b", features: [] }, "layer"],
    [
      { model_id: "a", layer: 3, sae_set: "b", features: [{ n_prompts_total: 1, n_tokens_in_prompt: 1 }] },
      "features[0].feature_index",
    ],
    [
      {
        model_id: "a",
        layer: 3,
        sae_set: "b",
        features: [{ n_prompts_total: 1, n_tokens_in_prompt: 1, activations: [{ tokens: ["a"], values: [] }] }],
      },
      "features[0].activations[0]",
    ],
  ])("refuses %o by the field", (batch, option) => {
    try {
      dashboardsFromNeuronpedia(batch)
    } catch (cause) {
      assert.instanceOf(cause, InvalidRequestError)
      assert.strictEqual(cause.option, option)
      return
    }
    assert.fail("it was not refused")
  })
})
