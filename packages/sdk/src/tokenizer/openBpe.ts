import { isJsonObject, type JsonObject } from "../files/ModelFiles.ts"
import { BytePairEncoding } from "./BytePairEncoding.ts"
import { MergeTable } from "./MergeTable.ts"
import { splitMerge } from "./splitMerge.ts"

/**
 * The byte pair encoding of a parsed `tokenizer.json`, which `checkTokenizerFile` has found to have one.
 *
 * @throws Error when a merge is of pieces that the vocabulary lacks.
 */
export function openBpe({ added_tokens: added, model }: JsonObject): BytePairEncoding {
  const { merges = [], vocab = {} } = isJsonObject(model) ? model : {}
  const ids = new Map<string, number>()
  const pieces: Array<string | undefined> = []
  const add = (piece: unknown, id: unknown): void => {
    if (typeof piece !== "string" || typeof id !== "number") return
    ids.set(piece, id)
    pieces[id] = piece
  }
  // Of a parsed JSON object all names are its own, and so many entries would be made for nothing.
  if (isJsonObject(vocab)) for (const piece in vocab) add(piece, vocab[piece])
  const table = tableOf(Array.isArray(merges) ? merges : [], ids)
  const tokens: ReadonlyArray<unknown> = Array.isArray(added) ? added : []
  for (const token of tokens) if (isJsonObject(token)) add(token["content"], token["id"])
  return new BytePairEncoding({ ids, pieces, merges: table })
}

function tableOf(merges: ReadonlyArray<unknown>, ids: ReadonlyMap<string, number>): MergeTable {
  const table = new MergeTable(merges.length)
  for (const [rank, merge] of merges.entries()) {
    const [left = "", right = ""] = splitMerge(merge) ?? []
    const [first, second] = [ids.get(left), ids.get(right)]
    if (first === undefined || second === undefined) {
      throw new Error(`the merge ${JSON.stringify(merge)} is of pieces that the vocab lacks`)
    }
    table.set(first, second, rank)
  }
  return table
}
