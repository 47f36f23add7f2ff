/** A trace, with its tensor if it was asked for. */
import type { Trace } from "@facet/sdk"
import { isRecord } from "./isRecord.ts"
import type { RemoteAnswer } from "./RemoteAnswer.ts"

/** @throws RemoteError when it is no trace */
export function readTrace(document: unknown, answer: RemoteAnswer): Trace {
  if (!isRecord(document) || !Array.isArray(document["tokens"])) throw answer.unexpected("no trace")
  const { activations, ...rest } = document
  // The server is trusted with the fields of a trace.
  const trace = rest as unknown as Trace
  if (activations === undefined) return trace
  if (typeof activations !== "string") throw answer.unexpected("activations that are no base64")
  return { ...trace, activations: floatsOf(activations) }
}

/** Base64 of little-endian float32, which is how all platforms of JavaScript hold them. */
function floatsOf(base64: string): Float32Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  return new Float32Array(bytes.buffer)
}
