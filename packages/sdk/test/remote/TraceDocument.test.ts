import { assert, describe, it } from "@effect/vitest"
import { traceFromJson, traceToJson } from "../../src/remote/TraceDocument.ts"
import { assertSame, checkNonsense, sent } from "./documents.ts"
import { Bits, Trace } from "./values.ts"

describe("a trace", () => {
  it.prop("comes back as it was", { trace: Trace }, ({ trace }) => {
    assertSame(traceFromJson(sent(traceToJson(trace)), ""), trace)
  })

  it.prop("comes back with its tensor, to the last bit", { trace: Trace, bits: Bits }, ({ bits, trace }) => {
    const activations = new Float32Array(Uint32Array.from(bits).buffer)
    const read = traceFromJson(sent(traceToJson({ ...trace, activations })), "")
    assert.deepStrictEqual(new Uint32Array(read.activations?.buffer ?? new ArrayBuffer()), Uint32Array.from(bits))
  })

  it("comes back with a tensor that is a view of a larger one, and one of many pieces", () => {
    const all = Float32Array.from({ length: 30_000 }, (_, i) => Math.sin(i))
    for (const activations of [all, all.subarray(7, 29_000)]) {
      const document = sent(traceToJson({ site: "attn_z", layer: 1, tokens: [], activations }))
      assert.deepStrictEqual(traceFromJson(document, "").activations, activations.slice())
    }
  })

  it.prop("with nonsense in any place is refused, or can be used", { trace: Trace }, ({ trace }) => {
    const document = sent(traceToJson({ ...trace, activations: Float32Array.from([1, 2]) }))
    checkNonsense(document, traceFromJson, (read) => {
      for (const { features, token } of read.tokens) {
        assert.isString(token.trim())
        for (const { activation, label = "" } of features) assert.isString(label.trim() + activation.toFixed(1))
      }
    })
  })
})
