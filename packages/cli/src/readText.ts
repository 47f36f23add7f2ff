/** Standard input as a text that a command may judge or run. */
import { addAbortSignal, type Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { UsageError } from "./UsageError.ts"

/**
 * All of the stream, without the line end that closes it: `echo hi | facet score -` scores `hi`.
 *
 * @throws UsageError when it holds nothing, as a pipe whose other end failed does, and when it is not UTF-8: replaced
 *   characters would be another text than the one that was meant.
 */
export async function readText(stream: Readable, signal: AbortSignal): Promise<string> {
  const text = decode(await buffer(addAbortSignal(signal, stream))).replace(/\r?\n$/, "")
  if (text === "")
    throw new UsageError("standard input is empty. Pipe a text into it, or write the text in place of -.")
  return text
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(
      `standard input is not UTF-8: see byte ${firstBad(bytes)}. Convert it first, such as with iconv.`,
    )
  }
}

/** Where a text stops being UTF-8, from 0: what comes before decodes, and with the next byte it does not. */
function firstBad(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  for (let at = 0; at < bytes.length; at++) {
    try {
      decoder.decode(bytes.subarray(at, at + 1), { stream: true })
    } catch {
      return at
    }
  }
  return bytes.length
}
