import { UnreadableBodyError } from "./UnreadableBodyError.ts"

/**
 * Text of bytes.
 *
 * @param unreadable told when the bytes are no UTF-8. If it does not throw, the text has a sign for what was not read.
 */
export function decodeUtf8(
  bytes: Uint8Array,
  of: "input" | "output",
  unreadable: (error: UnreadableBodyError) => void,
): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch (cause) {
    const problem = `The ${of === "input" ? "request" : "answer"} is no UTF-8`
    unreadable(new UnreadableBodyError({ of, reason: "malformed", problem, remedy: "Encode it as UTF-8." }, { cause }))
    return new TextDecoder().decode(bytes)
  }
}
