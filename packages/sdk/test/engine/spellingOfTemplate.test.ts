/** The spelling of a guard's prompt, by the chat template of its folder. */
import { assert, describe, it } from "@effect/vitest"
import { spellingOfTemplate } from "../../src/engine/spellingOfTemplate.ts"

const start = "{{ bos_token }}{{ 'You are a policy expert trying to help determine"

describe("spellingOfTemplate", () => {
  it.each([
    ["A", `${start} whether an AI response to a prompt is in violation of the defined safety policies.\\n\\n' }}`],
    ["B", `${start}\\nwhether an AI response to prompt is in violation' }}`],
    ["C", `${start} whether a user prompt is in\\nviolation of the defined safety policies.' }}`],
    ["D", `${start} whether an AI response to prompt is in violation of the defined safety policies.' }}`],
    ["E", `${start} whether a user\nprompt is in violation of the defined safety policies.' }}`],
  ])("is %s", (spelling, template) => {
    assert.strictEqual(spellingOfTemplate(template), spelling)
  })

  it("is nothing that another model's template tells", () => {
    assert.isUndefined(spellingOfTemplate("{{ bos_token }}<start_of_turn>user\n"))
  })
})
