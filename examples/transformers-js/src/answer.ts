/** A pipeline's answers, judged. Nothing in here is of Node: a page does the same. */
import type { Facet, GuardPart } from "@facet/sdk"
import { fromPipeline, type TextPipeline } from "@facet/sdk/transformers"

/** What goes in is judged before the pipeline runs; what it writes goes out sentence by sentence, once it was judged. */
export const answerWith = (
  facet: Facet,
  generator: TextPipeline,
): ((prompt: string) => AsyncGenerator<GuardPart<string>, void, void>) =>
  facet.guard().stream(fromPipeline(generator, { options: { max_new_tokens: 128 } }))
