/** Policies in files, and where in them something is wrong. */
import { describe, expect, it } from "vitest"
import { definePolicy } from "../../src/words/definePolicy.ts"
import { readPolicyFile, writePolicyFile } from "../../src/words/PolicyFile.ts"
import { policies } from "../../src/words/ReleasedPolicies.ts"

const yaml = `# What our shop does not want.
policies:
  - hate
  - id: harassment
    threshold: 0.2
  - id: refunds
    harm: Promised refunds
    promptGuideline: >-
      "No Refunds": The prompt shall not contain or seek generation of content that
      promises a refund.
    calibration: { slope: 1.5, offset: -0.5 }
    roles: [user, tool]
    action: flag
    examples:
      - { text: I promise a refund., label: 1 }
      - { text: Refunds take a week., label: 0 }
`

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

const invalid = (option: string, ...parts: ReadonlyArray<string>) =>
  expect.objectContaining({
    _tag: "InvalidRequestError",
    option,
    message: expect.stringMatching(new RegExp(parts.map(escaped).join(".*"))),
  })

describe("readPolicyFile", () => {
  it("reads ids, others' names, changed ones and own ones in YAML", async () => {
    expect(await readPolicyFile(yaml)).toEqual([
      policies.hate_speech,
      { ...policies.harassment, threshold: 0.2 },
      definePolicy({
        id: "refunds",
        harm: "Promised refunds",
        promptGuideline:
          '"No Refunds": The prompt shall not contain or seek generation of content that promises a refund.',
        calibration: { slope: 1.5, offset: -0.5 },
        roles: ["user", "tool"],
        action: "flag",
        examples: [
          { text: "I promise a refund.", label: 1 },
          { text: "Refunds take a week.", label: 0 },
        ],
      }),
    ])
  })

  it("reads the same in JSON, and one policy alone", async () => {
    const own = await readPolicyFile(yaml)
    expect(await readPolicyFile(JSON.stringify({ policies: own }))).toEqual(own)
    expect(await readPolicyFile(JSON.stringify(own[2]))).toEqual([own[2]])
    expect(await readPolicyFile("id: harassment\nthreshold: 0.1\n")).toEqual([
      { ...policies.harassment, threshold: 0.1 },
    ])
  })

  it.each([
    [
      "an unknown field",
      "policies:\n  - hate\n  - id: x\n    guidline: P.\n",
      "policies[1].guidline",
      "line 4",
      "no such",
    ],
    ["a wrong number", "id: harassment\nthreshold: 2\n", "policy.threshold", "line 2", "no probability"],
    ["what is missing", "policies:\n  - id: x\n    threshold: 1\n", "policies[0].promptGuideline", "line 2", "missing"],
    [
      "what is nested",
      '{ "id": "x",\n "promptGuideline": "P.",\n "calibration": {\n "alpha": -1 } }',
      "policy.calibration.alpha",
      "line 4",
      "out of range",
    ],
    [
      "an example",
      "id: x\npromptGuideline: P.\nexamples:\n  - text: a\n    label: 2\n",
      "policy.examples[0].label",
      "line 5",
      "2 is not valid",
    ],
    ["a policy that comes twice", "policies:\n  - harassment\n  - id: harassment\n", "policies[1]", "line 3", "twice"],
    ["an unknown id", "policies:\n  - spam\n", "policies[0]", "line 2", '"spam" is no policy'],
    ["a field beside the list", "policies: [hate]\nversion: 2\n", "version", "line 2", "no such field"],
    ["no list", "policies: hate\n", "policies", "line 1", "there is none"],
    ["an empty file", "", "policy", "shop.yaml", "no policy"],
    ["broken YAML", "policies:\n  - id: [\n", "policy", "shop.yaml, line"],
    ["an alias of nothing", "policies:\n  - *b\n", "policy", "shop.yaml", "alias"],
    ["two keys alike", "id: harassment\nid: hate\n", "policy", "line 2", "unique"],
    ["two names alike in JSON", '{"id": "hate",\n"threshold": 0.9,\n"threshold": 0.1}', "policy", "line 3", "unique"],
    ["a training that is none", "id: hate\ntraining: { method: probe }\n", "policy.training.labels", "line 2", "valid"],
    [
      "a figure that is none",
      `id: hate\ntraining:\n  method: probe\n  labels: given\n  model: m\n  examples: 60\n  positives: 30\n  folds: 5\n  figures: { auPrc: 1, auRoc: 1, f1: .nan, ece: 0 }`,
      "policy.training.figures.f1",
      "line 9",
      "no share",
    ],
  ])("tells where there is %s", async (_, text, option, ...parts) => {
    await expect(readPolicyFile(text, "shop.yaml")).rejects.toThrow(invalid(option, ...parts))
  })
})

describe("writePolicyFile", () => {
  it("leaves what people wrote as they wrote it, and is read with the mark that some editors put first", async () => {
    const harm = "Lists such as [1,  2] and [  ]"
    const text = writePolicyFile([definePolicy({ id: "harassment", harm })])
    expect((await readPolicyFile(`\ufeff${text}`))[0]?.harm).toBe(harm)
  })

  it("gives back what it was given, numbers of a probe in one line", async () => {
    const weights = Array.from({ length: 8 }, (_, i) => Math.fround(Math.sin(i) / 1e9))
    const probe = {
      of: "guard",
      model: "ab",
      site: "resid_post",
      layer: 1,
      pooling: ["mean", "max"],
      weights,
      bias: -1,
    } as const
    const own = definePolicy({ id: "x", promptGuideline: "[1,\n2]", probe, threshold: 0.25 })
    const text = writePolicyFile([own, policies.violence])
    expect(await readPolicyFile(text)).toEqual([own, policies.violence])
    expect(text.split("\n").find((line) => line.includes("weights"))).toContain(String(weights[7]))
  })
})
