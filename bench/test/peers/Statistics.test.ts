import { expect, test } from "vitest"
import { type Figure, figureOf, medianOf, ratioOf, summaryOf } from "../../peers/Statistics.ts"

const calm = (round: number, value: number): Figure => ({ round, value, disturbed: false })
const disturbed = (round: number, value: number): Figure => ({ round, value, disturbed: true })

test("the median is the middle one, or the mean of the middle two", () => {
  expect(medianOf([3, 1, 2])).toBe(2)
  expect(medianOf([4, 1, 3, 2])).toBe(2.5)
})

test("a ratio is taken round by round, not of the bests", () => {
  const ours = [calm(0, 10), calm(1, 20), calm(2, 10)]
  const peers = [calm(0, 20), calm(1, 40), calm(2, 5)]
  expect(ratioOf(ours, peers)).toStrictEqual({ median: 2, rounds: 3, disturbed: false })
})

test("rounds that one side has alone give no ratio", () => {
  expect(ratioOf([calm(0, 10), calm(1, 10)], [calm(1, 30), calm(2, 90)])).toMatchObject({ median: 3, rounds: 1 })
  expect(ratioOf([calm(0, 10)], [])).toBeUndefined()
})

test("disturbed figures count only where there are no others, and that is said", () => {
  expect(summaryOf([calm(0, 10), disturbed(1, 2), calm(2, 30)])).toStrictEqual({
    best: 10,
    median: 20,
    rounds: 2,
    disturbed: false,
  })
  expect(summaryOf([disturbed(0, 8), disturbed(1, 6)])).toMatchObject({ best: 6, disturbed: true })
  expect(summaryOf([])).toBeUndefined()
  // One disturbed side is enough to spoil a round.
  expect(ratioOf([calm(0, 10), calm(1, 10)], [disturbed(0, 90), calm(1, 20)])).toMatchObject({ median: 2, rounds: 1 })
})

test("a figure is disturbed when others took more than a tenth of the processor; where nothing is known it is not", () => {
  const sample = { tokenMs: 5, lagMs: NaN }
  expect(figureOf(1, { sample, disturbance: 0.11 }, "tokenMs")).toStrictEqual(disturbed(1, 5))
  expect(figureOf(1, { sample, disturbance: 0.1 }, "tokenMs")).toStrictEqual(calm(1, 5))
  expect(figureOf(1, { sample, disturbance: undefined }, "tokenMs")).toStrictEqual(calm(1, 5))
  expect(figureOf(1, { sample, disturbance: 0 }, "rssBytes")).toBeUndefined()
  expect(figureOf(1, { sample, disturbance: 0 }, "lagMs")).toBeUndefined()
})
