import type { JsonObject } from "@facet/sdk/folders"
import type { Vocabulary } from "./Vocabulary.ts"

/** The ids of Gemma's special pieces, as `config.json` has them, for formats that say them nowhere else. */
export function tokenIds({ pieces }: Vocabulary): JsonObject {
  const idOf = (piece: string): number | undefined => {
    const id = pieces.indexOf(piece)
    return id < 0 ? undefined : id
  }
  const ends = ["<eos>", "<end_of_turn>"].map(idOf).filter((id) => id !== undefined)
  const bos = idOf("<bos>")
  const pad = idOf("<pad>")
  return {
    ...(bos !== undefined && { bos_token_id: bos }),
    ...(ends.length > 0 && { eos_token_id: ends.toSorted((a, b) => a - b) }),
    ...(pad !== undefined && { pad_token_id: pad }),
  }
}
