/** What a model runs on. */
import * as Schema from "effect/Schema"
import { deviceNames } from "./DeviceName.ts"

export const Device = Schema.Struct({
  name: Schema.Literals(deviceNames),
  /** Of the weights as they are multiplied: `int4` and `int8` where the files are quantised. Activations are float32 but in `f16`. */
  precision: Schema.Literals(["f32", "f16", "int8", "int4"]),
  /** Threads of one run; 1 on `webgpu`. */
  threads: Schema.Int,
  /** What was tried before, and why it was not taken. */
  rejected: Schema.Array(Schema.Struct({ name: Schema.Literals(deviceNames), reason: Schema.String })),
})
export type Device = typeof Device.Type
