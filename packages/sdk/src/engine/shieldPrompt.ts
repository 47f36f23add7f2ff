/** ShieldGemma's prompts as token ids. */
import { encodeTemplate } from "../tokenizer/ChatTemplate.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { type ShieldQuestion, shieldPromptParts } from "../words/shieldPromptParts.ts"
import type { Sliced } from "../words/Sliced.ts"

/**
 * The ids of the prompt that asks whether a content violates a policy, `<bos>` first.
 *
 * @throws InvalidRequestError as {@link shieldPromptParts} does
 */
export function* shieldPrompt(tokenizer: Tokenizer, question: ShieldQuestion): Sliced<Array<number>> {
  return yield* encodeTemplate(tokenizer, shieldPromptParts(question))
}
