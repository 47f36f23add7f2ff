import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { RuntimeError } from "../../src/words/Errors.ts"
import { expOfNegative } from "../../src/engine/expOfNegative.ts"
import { softmax2 } from "../../src/engine/Logprobs.ts"
import type { SamplingOptions } from "../../src/words/Sampling.ts"
import { freshSeed, seededNoise, splitMix64 } from "../../src/engine/Noise.ts"
import { makeSampler } from "../../src/engine/Sampler.ts"
import { TokenHistory } from "../../src/engine/TokenHistory.ts"
import { forSeeds } from "../fixtures/random.ts"
import { seededUniform } from "../uniform.ts"
import { tries } from "../../../../test/campaign.ts"

const between = (minimum: number, maximum: number) => Schema.Finite.check(Schema.isBetween({ minimum, maximum }))
const integer = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Quarters, so that ties are common. */
const Row = Schema.Array(integer(-40, 40)).check(Schema.isMinLength(1), Schema.isMaxLength(60))
const rowOf = (quarters: ReadonlyArray<number>): Float32Array => Float32Array.from(quarters, (q) => q / 4)

/** The distribution that the documentation promises, the slow way: with sorts and copies. */
const expectedDistribution = (raw: Float32Array, options: SamplingOptions): Array<number> => {
  const probabilities: Array<number> = Array.from(raw, () => 0)
  const max = Math.max(...raw)
  const temperature = options.temperature ?? 1
  let kept = [...raw.keys()]
    .filter((id) => raw[id] !== -Infinity)
    .toSorted((a, b) => raw[b]! - raw[a]! || a - b)
    .map((id) => ({ id, weight: Math.exp((raw[id]! - max) / temperature) }))
  const sum = () => kept.reduce((total, { weight }) => total + weight, 0)
  if (options.topK !== undefined && options.topK > 0) kept = kept.slice(0, options.topK)
  if (options.topP !== undefined) {
    let reached = 0
    const target = options.topP * sum()
    kept = kept.filter((item, index) => {
      const isIn = index === 0 || reached < target * (1 - 1e-12)
      reached += item.weight
      return isIn
    })
  }
  if (options.minP !== undefined) kept = kept.filter((item, index) => index === 0 || item.weight >= options.minP!)
  const total = sum()
  for (const { id, weight } of kept) probabilities[id] = weight / total
  return probabilities
}

const drawMany = (row: Float32Array, options: SamplingOptions, draws: number): Array<number> => {
  const counts: Array<number> = Array.from(row, () => 0)
  const sampler = makeSampler(options)
  const history = new TokenHistory()
  for (let i = 0; i < draws; i++) counts[sampler.sample(row, history)]!++
  return counts
}

/** Pearson's statistic over the cells that are expected often enough, standardised: above 5 is out of the question. */
const surprise = (counts: ReadonlyArray<number>, probabilities: ReadonlyArray<number>, draws: number): number => {
  let statistic = 0
  let cells = 0
  probabilities.forEach((probability, id) => {
    const expected = probability * draws
    if (expected < 5) return
    statistic += (counts[id]! - expected) ** 2 / expected
    cells++
  })
  return cells < 2 ? 0 : (statistic - (cells - 1)) / Math.sqrt(2 * (cells - 1))
}

describe("Noise", () => {
  it("is the published algorithm", () => {
    assert.deepStrictEqual([splitMix64(0n, 0), splitMix64(0n, 1)], [0xe220a8397b1dcdafn, 0x6e789e6aa1b965f4n])
  })

  const cells = 64
  const flat = Array.from({ length: cells }, () => 1 / cells)
  it.each([
    ["tokens of a step", (i: number) => seededNoise(7)(0).upper(i)],
    ["steps of a request", (i: number) => seededNoise(7)(i).upper(3)],
    ["seeds", (i: number) => seededNoise(i)(0).upper(3)],
    [
      "neighbouring steps, one against the other",
      (i: number) => seededNoise(9)(i).upper(5) - seededNoise(9)(i + 1).upper(5),
    ],
    [
      "neighbouring tokens, one against the other",
      (i: number) => seededNoise(9)(0).upper(i) - seededNoise(9)(0).upper(i + 1),
    ],
  ])("is uniform over %s", (_, word) => {
    const counts = Array.from({ length: cells }, () => 0)
    for (let i = 0; i < 16_000; i++) counts[Math.floor(((word(i) >>> 0) / 2 ** 32) * cells)]!++
    assert.isBelow(Math.abs(surprise(counts, flat, 16_000)), 4)
  })

  it("has lower bits of their own", () => {
    const counts = Array.from({ length: cells }, () => 0)
    const step = seededNoise(1)(0)
    for (let id = 0; id < 16_000; id++)
      counts[(Math.floor((step.lower(id) / 2 ** 21) * cells) + step.upper(id)) % cells]!++
    assert.isBelow(Math.abs(surprise(counts, flat, 16_000)), 4)
  })

  it("takes every fresh seed", () => {
    const seed = freshSeed()
    assert.isTrue(Number.isSafeInteger(seed) && seed >= 0)
    assert.notStrictEqual(seed, freshSeed())
  })
})

describe("expOfNegative", () => {
  it.prop(
    "is exp",
    { x: between(-745, 0) },
    ({ x }) => {
      for (const value of [x, x / 30, x / 1e3, x / 1e6]) {
        assert.isAtMost(Math.abs(expOfNegative(value) - Math.exp(value)), Math.exp(value) * 1e-12)
      }
    },
    { arbitrary: { runs: tries(300) } },
  )

  it("knows the ends", () => {
    assert.deepStrictEqual([0, -0, -Infinity, NaN].map(expOfNegative), [1, 1, 0, NaN])
  })
})

describe("Sampler", () => {
  it.prop("greedy is the largest logit, the lowest id among equals", { row: Row }, ({ row }) => {
    const logits = rowOf(row)
    const id = makeSampler().sample(logits, new TokenHistory())
    assert.strictEqual(id, logits.indexOf(Math.max(...logits)))
  })

  it.prop(
    "only tokens of the documented set are drawn, all likely ones are, and logits come back unchanged",
    { row: Row, temperature: between(0.05, 3), topK: integer(0, 70), topP: between(0, 1), minP: between(0, 1) },
    ({ row, ...options }) => {
      const logits = rowOf(row)
      const before = logits.slice()
      const counts = drawMany(logits, { ...options, seed: 1 }, 300)
      assert.deepStrictEqual(logits, before)
      expectedDistribution(logits, options).forEach((probability, id) => {
        if (probability === 0) assert.strictEqual(counts[id], 0, `token ${id}`)
        if (probability > 0.08) assert.isAbove(counts[id]!, 0, `token ${id}`)
      })
    },
    { arbitrary: { runs: tries(100) } },
  )

  it.prop(
    "every single filter keeps exactly its set",
    { row: Row, seed: integer(0, 1000), topP: between(0, 1), topK: integer(1, 12), minP: between(0, 1) },
    ({ minP, row, seed, topK, topP }) => {
      const logits = rowOf(row)
      for (const options of [{ topP }, { topK }, { minP }, { topK, topP }, { topP, minP }]) {
        const id = makeSampler({ ...options, temperature: 2, seed }).sample(logits, new TokenHistory())
        assert.isAbove(expectedDistribution(logits, { ...options, temperature: 2 })[id]!, 0)
      }
    },
  )

  it("draws by the documented distribution", () => {
    const row = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * 12.9898) * 3)
    const cases: Array<SamplingOptions> = [
      { temperature: 1 },
      { temperature: 0.6 },
      { temperature: 2, topK: 8 },
      { temperature: 1, topP: 0.8 },
      { temperature: 1.3, minP: 0.2 },
      { temperature: 1, topK: 20, topP: 0.9, minP: 0.05 },
    ]
    for (const [seed, options] of cases.entries()) {
      const counts = drawMany(row, { ...options, seed }, 20_000)
      assert.isBelow(surprise(counts, expectedDistribution(row, options), 20_000), 4, JSON.stringify(options))
    }
  })

  it("finds the nucleus of a large vocabulary", () => {
    const row = Float32Array.from({ length: 50_000 }, (_, i) => Math.sin(i * 12.9898) * 4)
    const options = { temperature: 1, topP: 0.3 }
    const expected = expectedDistribution(row, options)
    const sampler = makeSampler({ ...options, seed: 3 })
    for (let i = 0; i < 50; i++) assert.isAbove(expected[sampler.sample(row, new TokenHistory())]!, 0)
    const one = makeSampler({ temperature: 1, topP: 1e-9, seed: 3 }).sample(row, new TokenHistory())
    assert.strictEqual(one, row.indexOf(Math.max(...row)))
    const flat = new Float32Array(50_000)
    assert.isBelow(makeSampler({ temperature: 1, topP: 0.5, seed: 5 }).sample(flat, new TokenHistory()), 25_001)
  })

  it("breaks ties by the lowest id", () => {
    const flat = new Float32Array(30)
    for (const options of [{ topK: 3 }, { topP: 0.1 }]) {
      const counts = drawMany(flat, { ...options, temperature: 1, seed: 4 }, 100)
      assert.deepStrictEqual(
        counts.slice(3),
        Array.from({ length: 27 }, () => 0),
      )
    }
  })

  it.prop(
    "the same seed, the same tokens, whatever other samplers do",
    { row: Row, seed: integer(0, 2 ** 31) },
    ({ row, seed }) => {
      const logits = rowOf(row)
      const options = { temperature: 1.5, topP: 0.95, seed }
      const history = new TokenHistory()
      const take = (sampler: ReturnType<typeof makeSampler>) => sampler.sample(logits, history)
      const alone = makeSampler(options)
      const first = Array.from({ length: 20 }, () => take(alone))
      const [again, other] = [makeSampler(options), makeSampler({ temperature: 1 })]
      const second = Array.from({ length: 20 }, () => (take(other), take(again)))
      assert.deepStrictEqual(first, second)
    },
  )

  it("draws the same token from logits that differ by rounding errors", () => {
    const vocabulary = 4096
    const uniform = seededUniform(5)
    const options = { temperature: 1, seed: 11 }
    const [exact, rounded] = [makeSampler(options), makeSampler(options)]
    const history = new TokenHistory()
    let different = 0
    const draws = tries(1000, 30_000)
    for (let i = 0; i < draws; i++) {
      const row = Float32Array.from({ length: vocabulary }, () => uniform() * 8)
      const noisy = row.map((logit) => logit + (uniform() - 0.5) * 6e-5)
      if (exact.sample(row, history) !== rounded.sample(noisy, history)) different++
    }
    // Two clocks tie within 3e-5 about three times in 100,000 draws; cumulated weights gave another token in a hundred.
    assert.isAtMost(different, 1 + draws / 5000)
  })

  it.prop(
    "penalties and bias change what the formulas say, and leave the logits as they were",
    {
      row: Row,
      prompt: Schema.Array(integer(0, 70)),
      generated: Schema.Array(integer(0, 70)),
      repetitionPenalty: between(0.5, 2),
      presencePenalty: between(-2, 2),
      frequencyPenalty: between(-2, 2),
      bias: between(-100, 100),
      biased: integer(0, 70),
    },
    ({ bias, biased, generated, prompt, row, ...penalties }) => {
      const logits = rowOf(row)
      const before = logits.slice()
      const history = new TokenHistory(prompt)
      for (const id of generated) history.accept(id)
      const expected = logits.map((logit, id) => {
        const count = generated.filter((other) => other === id).length
        const isKnown = count > 0 || prompt.includes(id)
        const { frequencyPenalty, presencePenalty, repetitionPenalty } = penalties
        let value = logit
        if (isKnown) value = value > 0 ? value / repetitionPenalty : value * repetitionPenalty
        if (count > 0) value -= presencePenalty + count * frequencyPenalty
        return id === biased ? Math.fround(value) + bias : value
      })
      const id = makeSampler({ ...penalties, logitBias: { [biased]: bias } }).sample(logits, history)
      assert.strictEqual(id, expected.indexOf(Math.max(...expected)))
      assert.deepStrictEqual(logits, before)
    },
  )

  it("never draws a masked token, and refuses a row without any", () => {
    const history = new TokenHistory()
    const row = Float32Array.of(-Infinity, 1, -Infinity, 2)
    for (const options of [{}, { topK: 3 }, { topP: 0.99 }, { topK: 4, minP: 0.01 }]) {
      const counts = drawMany(row, { ...options, temperature: 5, seed: 1 }, 200)
      assert.deepStrictEqual([counts[0], counts[2]], [0, 0])
    }
    const wrong = [Float32Array.of(-Infinity, -Infinity), Float32Array.of(1, NaN), Float32Array.of(NaN, 1)]
    wrong.push(Float32Array.of(0, Infinity), new Float32Array(0), Float32Array.of(NaN, -Infinity))
    for (const logits of wrong) {
      for (const temperature of [0, 1]) {
        assert.throws(() => makeSampler({ temperature }).sample(logits, history), RuntimeError)
      }
    }
  })

  it("chooses among the tokens that are allowed as if there were no others", () => {
    forSeeds(tries(200), (random) => {
      const row = Float32Array.from({ length: 1 + random.below(80) }, () => (random.below(81) - 40) / 4)
      const ids = new Set([random.below(row.length), ...row.keys()].filter((_, i) => i === 0 || random.chance(0.3)))
      const options: SamplingOptions = {
        temperature: random.pick([0, 0.7, 1.5]),
        ...(random.chance(0.5) && { topK: 1 + random.below(10) }),
        ...(random.chance(0.5) && { topP: 0.2 + random.below(8) / 10 }),
        ...(random.chance(0.5) && { minP: random.below(9) / 10 }),
        ...(random.chance(0.3) && { repetitionPenalty: 1.3, presencePenalty: 0.5 }),
        seed: 1 + random.below(1000),
      }
      const mask = new Uint32Array((row.length + 31) >>> 5)
      for (const id of ids) mask[id >>> 5]! |= 1 << (id & 31)
      const masked = row.map((logit, id) => (ids.has(id) ? logit : -Infinity))
      const [asking, plain] = [makeSampler(options), makeSampler(options)]
      const history = new TokenHistory([0])
      for (let step = 0; step < 4; step++) {
        const id = asking.sample(row, history, { accepts: (one) => ids.has(one), mask: () => mask })
        assert.strictEqual(id, plain.sample(masked, history), JSON.stringify(options))
        history.accept(id)
      }
    })
  })

  it("stays finite at extreme temperatures", () => {
    const row = Float32Array.of(-30, 29.5, 30, 0)
    for (const temperature of [Number.MIN_VALUE, 1e-12, 100]) {
      const id = makeSampler({ temperature, seed: 2 }).sample(row, new TokenHistory())
      if (temperature < 1) assert.strictEqual(id, 2)
    }
  })

  it("softmax2 is the logistic function of the difference", () => {
    assert.strictEqual(softmax2(1, 1), 0.5)
    assert.closeTo(softmax2(2, 0) + softmax2(0, 2), 1, 1e-15)
    assert.deepStrictEqual([softmax2(900, -900), softmax2(-900, 900)], [1, 0])
    assert.throws(() => softmax2(NaN, 1), RuntimeError)
  })
})
