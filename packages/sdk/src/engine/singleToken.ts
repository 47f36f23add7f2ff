import type { Tokenizer } from "../tokenizer/Tokenizer.ts"

/** The id of a word that is one token; -1 in a vocabulary that has no such token, which then cannot be asked for it. */
export const singleToken = (tokenizer: Tokenizer, word: string): number => {
  const ids = tokenizer.encodePlain(word)
  return ids.length === 1 ? (ids[0] ?? -1) : -1
}
