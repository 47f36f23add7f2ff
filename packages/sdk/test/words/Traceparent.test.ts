import { assert, describe, it } from "@effect/vitest"
import { splitCallOptions } from "../../src/words/CallOptions.ts"
import { InvalidRequestError } from "../../src/words/Errors.ts"
import { traceContextOf } from "../../src/words/Traceparent.ts"

const [traceId, spanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"]

describe("a trace context", () => {
  it("is read as the standard writes it, and whatever a later version adds to it", () => {
    assert.deepStrictEqual(traceContextOf(`00-${traceId}-${spanId}-01`), { traceId, spanId, sampled: true })
    assert.deepStrictEqual(traceContextOf(`01-${traceId}-${spanId}-02-more`), { traceId, spanId, sampled: false })
  })

  it("is none where anything is amiss", () => {
    const wrong = [
      undefined,
      7,
      "",
      `ff-${traceId}-${spanId}-01`,
      `00-${"0".repeat(32)}-${spanId}-01`,
      `00-${traceId}-${"0".repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
      `00-${traceId}-${spanId}`,
    ]
    for (const header of wrong) assert.isUndefined(traceContextOf(header))
    for (const traceparent of ["", "none", `00-${traceId}`]) {
      assert.throws(() => splitCallOptions({ traceparent }), InvalidRequestError, "traceparent")
    }
  })
})
