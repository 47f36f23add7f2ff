/** What a guard's policies say of whom it judges, and of which side. */
import { assert, describe, it } from "@effect/vitest"
import { readGuardOptions } from "../../src/words/GuardOptions.ts"
import { definePolicy } from "../../src/words/definePolicy.ts"
import { policies } from "../../src/words/ReleasedPolicies.ts"

const roles = ["user", "tool"] as const

describe("readGuardOptions", () => {
  it("judges the messages that its policies name, unless the guard names others", () => {
    const own = definePolicy({ id: "harassment", roles })
    assert.deepEqual(readGuardOptions({ policies: [own] }).roles, roles)
    assert.deepEqual(readGuardOptions({ policies: [own], roles: ["user"] }).roles, ["user"])
    assert.deepEqual(readGuardOptions({ policies: ["harassment"] }).roles, ["system", "user"])
  })

  it("refuses policies of which one would judge what another would not", () => {
    const mixed = [definePolicy({ id: "harassment", roles }), "hate_speech"]
    assert.throws(
      () => readGuardOptions({ policies: mixed }),
      /guard\.policies: hate_speech judges the guard's roles, and harassment user, tool/,
    )
    assert.throws(
      () => readGuardOptions({ policies: [definePolicy({ id: "harassment", roles: ["tool"] })] }),
      /user is not among them/,
    )
  })

  it("refuses a policy that has no wording for a side that is judged", () => {
    assert.throws(() => readGuardOptions({ policies: ["violence"] }), /no guideline for responses/)
    assert.deepEqual(readGuardOptions({ policies: ["violence"], output: false }).policies, [policies.violence])
    const answers = definePolicy({ id: "x", responseGuideline: "R." })
    assert.throws(() => readGuardOptions({ policies: [answers] }), /no guideline for prompts/)
    const spelt = definePolicy({ id: "harassment", spelling: "C" })
    assert.throws(() => readGuardOptions({ policies: [spelt] }), /spelling C was published for prompts alone/)
  })
})
