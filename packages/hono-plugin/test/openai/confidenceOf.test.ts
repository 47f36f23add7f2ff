import { expect, test } from "vitest"
import { confidenceOf } from "../../src/openai/confidenceOf.ts"

test("is 0 where all options are alike, 1 where one has everything, and in between in proportion", () => {
  expect(confidenceOf([0.5, 0.5])).toBe(0)
  expect(confidenceOf([1 / 3, 1 / 3, 1 / 3])).toBeCloseTo(0, 12)
  expect(confidenceOf([0, 1, 0])).toBe(1)
  expect(confidenceOf([0.75, 0.25])).toBe(0.5)
})
