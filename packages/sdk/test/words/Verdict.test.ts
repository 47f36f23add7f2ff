/** What a guard makes of a verdict. */
import { assert, describe, it } from "@effect/vitest"
import { holdsBack, type PolicyVerdict, type Verdict, worseVerdict } from "../../src/words/Verdict.ts"

const verdictOf = (...policies: ReadonlyArray<Pick<PolicyVerdict, "flagged" | "action">>): Verdict => ({
  flagged: policies.some(({ flagged }) => flagged),
  policies: policies.map((policy, i) => ({ policy: String(i), probability: 0.5, threshold: 0.5, ...policy })),
  tokens: { judged: 1, cached: 0 },
})
const passed = verdictOf({ flagged: false })
const told = verdictOf({ flagged: true, action: "flag" }, { flagged: false })
const blocking = verdictOf({ flagged: true, action: "flag" }, { flagged: true })

describe("holdsBack", () => {
  it("holds back what a policy flags that does more than tell", () => {
    assert.deepEqual([passed, told, blocking].map(holdsBack), [false, false, true])
  })

  it("holds back what is flagged without a word of which policy", () => {
    assert.isTrue(holdsBack({ flagged: true, policies: [] }))
  })
})

describe("worseVerdict", () => {
  it("is the latest, the first that flagged, or the first that held back", () => {
    assert.strictEqual(worseVerdict(undefined, passed), passed)
    assert.strictEqual(worseVerdict(passed, told), told)
    assert.strictEqual(worseVerdict(told, passed), told)
    assert.strictEqual(worseVerdict(told, blocking), blocking)
    assert.strictEqual(worseVerdict(blocking, told), blocking)
  })
})
