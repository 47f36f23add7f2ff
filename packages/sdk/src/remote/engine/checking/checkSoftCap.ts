/**
 * Whether a server proves to leave out the soft-cap of a Gemma 2's logits. Under the cap no logit is 30 or more, nor -30 or
 * less, so that the log-probabilities of no two tokens lie 60 apart, whatever the weights. Two that do are a proof; none
 * found is none.
 */
import type { TemplatePart } from "../../../words/TemplatePart.ts"
import type { ServerTable } from "../kinds/modelServer.ts"
import type { Written } from "../generating/withRoom.ts"

/** Gemma 2's, where Gemma 3, which has no cap, has another id. Source: their `tokenizer.json`. */
const startOfTurn = 106

/** Twice the cap, and what half precision may round. */
const mostApart = 60.5
/** What stands for no probability at all lies further apart: vLLM writes -9999. */
const leastMasked = 1_000

/** Texts of which every model knows how they go on, and words that none goes on with. */
const sure: ReadonlyArray<string> = [
  "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q r s t u v w x y",
  "1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8,",
]
const unlikely = " flower everywhere umbrella truthful glass Surprise lewd however violin"
/** So many ids are asked for at once: as many as vLLM tells. */
const mostIds = 20

/** @returns a sentence where the cap is proven to be left out */
export async function checkSoftCap(
  { endpoint, model, signal, vocabulary }: Written,
  logprobs: ServerTable["logprobs"],
): Promise<ReadonlyArray<string>> {
  if (vocabulary === undefined || logprobs === undefined) return []
  const asking = { endpoint, model: model.name, signal }
  const control = await vocabulary.controlId(asking, "<start_of_turn>").catch(() => undefined)
  if (control !== startOfTurn) return []
  const ids = [...new Set(await vocabulary.encode(asking, unlikely))].slice(0, mostIds)
  let apart = 0
  for (const text of sure) {
    const prompt: ReadonlyArray<TemplatePart> = [{ control: "<bos>" }, text]
    const told = await logprobs(asking, await vocabulary.encodeParts(asking, prompt), ids)
    const known = told.filter((logprob) => logprob > -leastMasked)
    apart = Math.max(apart, Math.max(...known) - Math.min(...known))
  }
  if (apart <= mostApart) return []
  return [
    `${endpoint.url} gives two tokens log-probabilities that lie ${apart.toFixed(0)} apart, and a Gemma 2's lie less than 60: the server leaves out the soft-cap of the logits, or runs another model. Its texts and verdicts are not Gemma's.`,
  ]
}
