import type { Tokenizer } from "../tokenizer/Tokenizer.ts"

/** Token ids as text, with control tokens by name. What stands between them is decoded whole, as bytes may be cut. */
export function spell(tokenizer: Tokenizer, ids: ReadonlyArray<number>): string {
  let text = ""
  let start = 0
  for (const [i, id] of ids.entries()) {
    if (!tokenizer.isControl(id)) continue
    text += tokenizer.decode(ids.slice(start, i)) + tokenizer.tokenText(id)
    start = i + 1
  }
  return text + tokenizer.decode(ids.slice(start))
}
