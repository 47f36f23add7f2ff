/** Typed arrays that move between threads instead of being copied. */
import * as Schema from "effect/Schema"
import * as Transferable from "effect/workers/Transferable"

export const Float32 = Transferable.schema(
  // The sender allocated it for this message alone, so it is backed by a whole buffer of its own.
  Schema.instanceOf(Float32Array) as Schema.instanceOf<Float32Array<ArrayBuffer>>,
  (array) => [array.buffer],
)
