import { describe, expect, it } from "vitest"
import { definePolicy } from "../../src/words/definePolicy.ts"
import { guidelineOf, resolvePolicies } from "../../src/words/Policy.ts"
import type { Probe } from "../../src/words/Probe.ts"
import { defaultPolicies, policies } from "../../src/words/ReleasedPolicies.ts"

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

const probe: Probe = {
  of: "guard",
  model: "0123456789abcdef",
  site: "resid_post",
  layer: 2,
  pooling: ["mean", "max"],
  weights: [1, 2, 3, 4],
  bias: 0.5,
}

describe("policies", () => {
  it("are ShieldGemma's four by default, each with both wordings", () => {
    expect(defaultPolicies.map(({ id }) => id)).toEqual([
      "dangerous_content",
      "harassment",
      "hate_speech",
      "sexually_explicit",
    ])
    for (const policy of defaultPolicies) {
      expect(policy.promptGuideline).toMatch(
        /^"No [A-Z].*": The prompt shall not contain or seek generation of content that /,
      )
      expect(policy.responseGuideline).toMatch(/^"No [A-Z].*": The chatbot shall not generate content that /)
      expect(policy.threshold).toBe(0.5)
    }
  })

  it("are two more that it was trained on, whose wording for responses nobody published", () => {
    for (const id of ["violence", "obscenity_profanity"] as const) {
      const [policy] = resolvePolicies([id])
      expect(policy).toMatchObject({
        id,
        promptGuideline: expect.stringMatching(/^"No [A-Z].*": The prompt shall not /),
      })
      expect(() => guidelineOf(policy!, "response")).toThrow(
        invalid(`policies.${id}.responseGuideline`, "no guideline"),
      )
    }
  })
})

describe("resolvePolicies", () => {
  it("gives all four by default, else those asked for, in order", () => {
    expect(resolvePolicies()).toEqual(defaultPolicies)
    expect(resolvePolicies(["hate_speech", spam, "harassment"])).toEqual([
      policies.hate_speech,
      spam,
      policies.harassment,
    ])
  })

  it("lists the valid ids for an unknown one", () => {
    expect(() => resolvePolicies(["harassment", "spam"])).toThrow(
      invalid("policies[1]", "dangerous_content, harassment, hate_speech, sexually_explicit"),
    )
    expect(() => resolvePolicies(["toString"])).toThrow(invalid("policies[0]", '"toString" is no policy'))
  })

  it("knows OpenAI's categories and the hazards of MLCommons where a guideline covers them", () => {
    const idsOf = (...names: ReadonlyArray<string>) => resolvePolicies(names).map(({ id }) => id)
    expect(idsOf("hate/threatening", "openai:violence/graphic")).toEqual(["hate_speech", "violence"])
    expect(idsOf("mlcommons:S9", "mlcommons:hte", "mlcommons:sxc")).toEqual([
      "dangerous_content",
      "hate_speech",
      "sexually_explicit",
    ])
    // Several of OpenAI's are one of ShieldGemma's.
    expect(idsOf("self-harm", "self-harm/intent", "illicit/violent")).toEqual(["dangerous_content"])
    expect(() => idsOf("self-harm", "dangerous_content")).toThrow(invalid("policies[1]", "twice"))
    for (const name of ["illicit", "openai:illicit", "mlcommons:S7", "mlcommons:ncr"]) {
      expect(() => idsOf(name)).toThrow(invalid("policies[0]", "no guideline of ShieldGemma's covers"))
    }
    // The same of policies that leave their guidelines out; with guidelines of its own a policy keeps its name.
    const { harm, id, threshold } = definePolicy({ id: "mlcommons:S10", threshold: 0.2 })
    expect([id, harm, threshold]).toEqual(["hate_speech", policies.hate_speech.harm, 0.2])
    expect(() => definePolicy({ id: "mlcommons:prv" })).toThrow(invalid("policy.id", "no guideline of ShieldGemma's"))
    expect(definePolicy({ ...spam, id: "openai:hate" }).id).toBe("openai:hate")
    // It would be another thing in OpenAI's data set, and in Llama Guard.
    expect(() => idsOf("S3")).toThrow(invalid("policies[0]", "is no policy"))
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

  it("takes what is left out from ShieldGemma's own policy of that id", () => {
    expect(definePolicy({ id: "harassment", threshold: 0.2 })).toEqual({ ...policies.harassment, threshold: 0.2 })
    expect(definePolicy({ ...policies.violence, responseGuideline: "R." }).responseGuideline).toBe("R.")
  })

  it("needs something that judges: a guideline for one side, or a probe", () => {
    expect(definePolicy({ id: "x", promptGuideline: "P." })).toEqual({
      id: "x",
      harm: "x",
      promptGuideline: "P.",
      threshold: 0.5,
    })
    expect(definePolicy({ id: "x", probe }).probe).toBe(probe)
    expect(() => definePolicy({ id: "x" })).toThrow(invalid("policy.promptGuideline", "missing"))
  })

  const wrong: ReadonlyArray<readonly [field: string, value: unknown, path: string, part: string]> = [
    ["guideline", "P.", "guideline", "no such option"],
    ["action", "redact", "action", "where in a text"],
    ["action", "warn", "action", '"warn" is not valid'],
    ["spelling", "F", "spelling", '"F" is not valid'],
    ["context", "chat", "context", '"chat" is not valid'],
    ["roles", [], "roles", "no list of roles"],
    ["roles", ["users"], "roles[0]", '"users" is not valid'],
    ["calibration", { temperature: 0 }, "calibration.temperature", "out of range"],
    ["calibration", { alpha: -1 }, "calibration.alpha", "out of range"],
    ["calibration", { slope: 1 }, "calibration.offset", "out of range"],
    ["calibration", { slope: -1, offset: 0 }, "calibration.slope", "out of range"],
    ["calibration", { slope: 1, offset: 0, alpha: 0 }, "calibration", "Platt's"],
    ["examples", "x", "examples", "no list"],
    ["examples", [{ text: "x" }], "examples[0].label", "null is not valid"],
    ["examples", [{ text: "x", label: 1, weight: 2 }], "examples[0].weight", "no such option"],
    ["probe", 3, "probe", "number where an object"],
    ["probe", { ...probe, of: "me" }, "probe.of", '"me" is not valid'],
    ["probe", { ...probe, layer: -1 }, "probe.layer", "-1 is not valid"],
    ["probe", { ...probe, pooling: ["max", "max"] }, "probe.pooling", "is not valid"],
    ["probe", { ...probe, weights: [1, 2, 3] }, "probe.weights", "as many for each pooling"],
    ["probe", { ...probe, weights: [1, 2, Number.NaN, 4] }, "probe.weights[2]", "NaN is not valid"],
    ["probe", { ...probe, bias: null }, "probe.bias", "null is not valid"],
    ["probe", { ...probe, wieghts: [] }, "probe.wieghts", "no such option"],
  ]

  it.each(wrong)("refuses %s: %j", (field, value, path, part) => {
    expect(() => definePolicy({ ...spam, [field]: value })).toThrow(invalid(`policy.${path}`, part))
  })
})
