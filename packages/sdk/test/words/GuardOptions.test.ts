/** What a guard's policies say of whom it judges, and of which side. */
import { assert, describe, it } from "@effect/vitest"
import { readGuardOptions } from "../../src/words/GuardOptions.ts"
import { definePolicy } from "../../src/words/definePolicy.ts"
import { policies } from "../../src/words/ReleasedPolicies.ts"

const roles = ["user", "tool"] as const

describe("readGuardOptions", () => {
  it("judges by each policy the messages that it names, and by others those that the guard names", () => {
    const own = definePolicy({ id: "harassment", roles })
    assert.deepEqual(readGuardOptions({ policies: [own] }).whose, { roles })
    assert.deepEqual(readGuardOptions({ policies: [own], roles: ["user"] }).whose, { roles })
    assert.deepEqual(readGuardOptions({ policies: ["harassment"] }).whose, { roles: ["system", "user"] })
    assert.deepEqual(readGuardOptions({ policies: [own, "hate_speech"], roles: ["user"] }).whose, {
      roles,
      byPolicy: [
        { roles, policies: ["harassment"] },
        { roles: ["user"], policies: ["hate_speech"] },
      ],
    })
    const exchange = definePolicy({ id: "harassment", context: "exchange" })
    assert.deepEqual(readGuardOptions({ policies: [exchange] }).whose.exchange, ["harassment"])
  })

  it("refuses policies of which none judges what the user says", () => {
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
