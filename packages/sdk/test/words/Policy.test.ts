import { describe, expect, it } from "vitest"
import { definePolicy, policies, resolvePolicies } from "../../src/words/Policy.ts"

const invalid = (option: string, part: string) =>
  expect.objectContaining({
    _tag: "InvalidRequestError",
    option,
    message: expect.stringContaining(part),
  })

const spam = definePolicy({
  id: "spam",
  promptGuideline: '"No Spam": The prompt shall not contain or seek generation of unwanted advertising.',
  responseGuideline: '"No Spam": The chatbot shall not generate unwanted advertising.',
})

describe("policies", () => {
  it("are ShieldGemma's four, each with both wordings", () => {
    expect(Object.keys(policies)).toEqual(["dangerous_content", "harassment", "hate_speech", "sexually_explicit"])
    for (const [id, policy] of Object.entries(policies)) {
      expect(policy.id).toBe(id)
      expect(policy.promptGuideline).toMatch(
        /^"No [A-Z].*": The prompt shall not contain or seek generation of content that /,
      )
      expect(policy.responseGuideline).toMatch(/^"No [A-Z].*": The chatbot shall not generate content that /)
      expect(policy.threshold).toBe(0.5)
    }
  })
})

describe("resolvePolicies", () => {
  it("gives all four by default, else those asked for, in order", () => {
    expect(resolvePolicies()).toEqual(Object.values(policies))
    expect(resolvePolicies(["hate_speech", spam, "harassment"])).toEqual([
      policies.hate_speech,
      spam,
      policies.harassment,
    ])
  })

  it("lists the valid ids for an unknown one", () => {
    expect(() => resolvePolicies(["harassment", "violence"])).toThrow(
      invalid("policies[1]", "dangerous_content, harassment, hate_speech, sexually_explicit"),
    )
    expect(() => resolvePolicies(["toString"])).toThrow(invalid("policies[0]", '"toString" is no policy'))
  })

  it("refuses an empty list and repetitions", () => {
    expect(() => resolvePolicies([])).toThrow(invalid("policies", "empty"))
    expect(() => resolvePolicies(["harassment", "harassment"])).toThrow(invalid("policies[1]", "twice"))
  })
})

describe("definePolicy", () => {
  it("fills in the harm and the threshold", () => {
    expect(spam).toMatchObject({ harm: "spam", threshold: 0.5 })
  })

  it.each([Number.NaN, -0.1, 1.1, Number.POSITIVE_INFINITY])("refuses the threshold %d", (threshold) => {
    expect(() => definePolicy({ ...spam, threshold })).toThrow(invalid("policy.threshold", "no probability"))
  })

  it("refuses empty and broken texts", () => {
    expect(() => definePolicy({ ...spam, id: " " })).toThrow(invalid("policy.id", "empty"))
    expect(() => definePolicy({ ...spam, promptGuideline: "" })).toThrow(invalid("policy.promptGuideline", "empty"))
    expect(() => definePolicy({ ...spam, responseGuideline: "\uD800" })).toThrow(
      invalid("policy.responseGuideline", "lone surrogate"),
    )
  })
})
