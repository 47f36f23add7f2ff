/** Token ids as text: on a thread that others wait for, and as many as somebody sends. */
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { type Sliced, sliceLength } from "../words/Sliced.ts"
import { makeDetokeniser } from "./Detokeniser.ts"

/** With control tokens by name. What stands between them is decoded whole, as a character may be cut in tokens. */
export function* spell(tokenizer: Tokenizer, ids: ReadonlyArray<number>): Sliced<string> {
  let text = ""
  let start = 0
  for (const [i, id] of ids.entries()) {
    if (!tokenizer.isControl(id)) continue
    text += (yield* decodeInSlices(tokenizer, ids.slice(start, i))) + tokenizer.tokenText(id)
    start = i + 1
  }
  return text + (yield* decodeInSlices(tokenizer, ids.slice(start)))
}

/** The tokenizer's `decode`: control tokens have no text. */
export function* decodeInSlices(tokenizer: Tokenizer, ids: ReadonlyArray<number>): Sliced<string> {
  const detokeniser = makeDetokeniser((id) => tokenizer.bytesOf(id))
  let text = ""
  for (const [i, id] of ids.entries()) {
    text += detokeniser.push(id)
    if (i % sliceLength === sliceLength - 1) yield
  }
  return text + detokeniser.flush()
}
