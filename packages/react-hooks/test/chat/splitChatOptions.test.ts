import { generateOptionNames, samplingOptionNames } from "@facet/sdk/words"
import { assert, describe, it } from "vitest"
import { splitChatOptions } from "../../src/chat/splitChatOptions.ts"

describe("splitChatOptions", () => {
  it("knows every option of a generation as one of the answer's, but for the template", () => {
    for (const name of [...samplingOptionNames, ...generateOptionNames]) {
      const { answering, chat } = splitChatOptions({ [name]: 1 })
      assert.deepStrictEqual(name === "template" ? chat : answering, { [name]: 1 }, name)
    }
  })

  it("leaves useChat its own", () => {
    const options = { id: "chat", system: "Be brief.", maxTokens: 5, throttle: 10 }
    assert.deepStrictEqual(splitChatOptions(options), {
      answering: { system: "Be brief.", maxTokens: 5 },
      chat: { id: "chat", throttle: 10 },
    })
  })
})
