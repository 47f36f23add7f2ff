import { assert, describe, it } from "@effect/vitest"
import { descriptionFromJson, descriptionToJson } from "../../src/remote/DescriptionDocument.ts"
import { assertSame, checkNonsense, sent } from "./documents.ts"
import { Description } from "./values.ts"

describe("a description of a server", () => {
  it.prop("comes back as it was", { description: Description }, ({ description }) => {
    assertSame(descriptionFromJson(sent(descriptionToJson(description)), ""), description)
  })

  it.prop("with nonsense in any place is refused, or can be used", { description: Description }, ({ description }) => {
    checkNonsense(sent(descriptionToJson(description)), descriptionFromJson, ({ device, model }) => {
      assert.isString(model.trim() + device.name.trim() + device.threads?.toFixed())
    })
  })
})
