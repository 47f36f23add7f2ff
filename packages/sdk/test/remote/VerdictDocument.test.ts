import { assert, describe, it } from "@effect/vitest"
import { verdictFromJson, verdictToJson } from "../../src/remote/VerdictDocument.ts"
import { assertSame, checkNonsense, sent } from "./documents.ts"
import { Verdict } from "./values.ts"

describe("a verdict", () => {
  it.prop("comes back as it was", { verdict: Verdict }, ({ verdict }) => {
    assertSame(verdictFromJson(sent(verdictToJson(verdict)), ""), verdict)
  })

  it.prop("with nonsense in any place is refused, or can be used", { verdict: Verdict }, ({ verdict }) => {
    checkNonsense(sent(verdictToJson(verdict)), verdictFromJson, (read) => {
      for (const { policy, probability } of read.policies) assert.isString(policy.trim() + probability.toFixed(2))
    })
  })
})
