/** Options of `facet eval` that contradict each other. */
import { expect, test } from "vitest"
import { checkFlags } from "../../src/evaluation/checkFlags.ts"
import { UsageError } from "../../src/UsageError.ts"

test.each([
  [{ limit: 0 }, "--limit takes a whole number above 0"],
  [{ model: "a", shield: "b" }, "give one of them"],
  [{ judge: "x", policies: ["harassment"] }, "give one of them"],
  [{ compare: "x", compareJudge: "y" }, "give one of them"],
  [{ reference: "x" }, "--reference belongs to --monitor"],
  [{ release: 0.1 }, "--release belongs to --cascade"],
  [{ block: 0.9 }, "--block belongs to --cascade"],
  [{ paper: "3b" }, "--paper takes one of 2b, 9b, 27b"],
  [{ paper: "2b", limit: 3 }, "leave out --judge, --policy and --limit"],
  [{ minRecall: 2, thresholdsOut: "x" }, "--min-recall takes a share from 0 to 1"],
  [{ maxFalsePositiveRate: 0.5 }, "--max-false-positive-rate belongs to --thresholds-out"],
])("%j is refused", (given, message) => {
  expect(() => checkFlags(given)).toThrow(UsageError)
  expect(() => checkFlags(given)).toThrow(message)
})

test("what goes together is let through", () => {
  checkFlags({ judge: "x", compare: "google/shieldgemma-2b", thresholdsOut: "y", minRecall: 0.9, limit: 7 })
  checkFlags({ model: "tiny", shield: "tiny", paper: "2b" })
})
