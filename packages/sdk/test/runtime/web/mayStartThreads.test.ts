import { assert, test } from "vitest"
import { mayStartThreads } from "../../../src/runtime/web/mayStartThreads.ts"

const file = "https://example.org/ort.mjs"

test("a place that knows no Trusted Types, or has a policy of its own, is left as it is", () => {
  assert.isTrue(mayStartThreads(file, {}))
  const createPolicy = () => assert.fail("it was asked for one")
  assert.isTrue(mayStartThreads(file, { trustedTypes: { defaultPolicy: {}, createPolicy } }))
})

test("the policy lets ONNX Runtime's own script through, and no other", () => {
  let allowed = (url: string): string => url
  const createPolicy = (name: string, rules: { readonly createScriptURL: (url: string) => string }) => {
    assert.strictEqual(name, "default")
    allowed = rules.createScriptURL
  }
  assert.isTrue(mayStartThreads(file, { trustedTypes: { defaultPolicy: null, createPolicy } }))
  assert.strictEqual(allowed(file), file)
  assert.strictEqual(allowed("blob:https://example.org/1"), "blob:https://example.org/1")
  assert.throws(() => allowed("https://example.org/other.mjs"), TypeError)
})

test("where none may be made, there are no threads", () => {
  const createPolicy = () => {
    throw new TypeError("Policy disallowed")
  }
  assert.isFalse(mayStartThreads(file, { trustedTypes: { createPolicy } }))
})
