/** A trace as JSON. */
import type { Trace } from "@facet/sdk"

/** Tensors travel as base64 of little-endian float32: exact, and half as long as decimals. */
export const traceToJson = ({ activations, ...trace }: Trace): object =>
  activations === undefined ? trace : { ...trace, activations: base64(activations) }

/** A multiple of 3, so that pieces join without padding, and few enough for the arguments of one call. */
const pieceBytes = 3 * 8192

function base64({ buffer, byteLength, byteOffset }: Float32Array): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  let text = ""
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    text += btoa(String.fromCharCode(...bytes.subarray(start, start + pieceBytes)))
  }
  return text
}
