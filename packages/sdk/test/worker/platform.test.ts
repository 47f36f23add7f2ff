import { assert, describe, it } from "@effect/vitest"
import { checkNode } from "../../src/worker/platform.node.ts"
import { UnsupportedDeviceError } from "../../src/index.ts"

describe("the release of Node", () => {
  it.each(["18.20.4", "20.11.0", "22.18.0"])("%s is too old, and said so", (version) => {
    assert.throws(() => checkNode(version), UnsupportedDeviceError)
  })

  it.each(["22.19.0", "22.20.1", "24.0.0", "26.1.0"])("%s is taken", (version) => {
    assert.doesNotThrow(() => checkNode(version))
  })
})
