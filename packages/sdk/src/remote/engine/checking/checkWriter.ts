/** Whether a model behind a server reads chats as a Gemma does. */
import { ServerError } from "../../../words/Errors.ts"
import { isRecord } from "../../../words/Json.ts"
import type { TemplatePart } from "../../../words/TemplatePart.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import type { ServedModel } from "../Server.ts"
import type { Vocabulary } from "../Vocabulary.ts"

interface Writing {
  readonly endpoint: Endpoint
  readonly model: ServedModel
  readonly vocabulary: Vocabulary | undefined
  readonly signal: AbortSignal
}

/** One turn, in the words of Gemma's template. */
const content = "Hi"
const chat: ReadonlyArray<TemplatePart> = [
  { control: "<bos>" },
  { control: "<start_of_turn>" },
  `user\n${content}`,
  { control: "<end_of_turn>" },
  "\n",
  { control: "<start_of_turn>" },
  "model\n",
]

const path = "/v1/chat/completions"

/**
 * Has one token written, and compares how many the chat before it had. A server that does not tell tokens is not asked.
 *
 * @returns what speaks against its use, in sentences
 */
export async function checkWriter({ endpoint, model, signal, vocabulary }: Writing): Promise<ReadonlyArray<string>> {
  if (vocabulary === undefined) return []
  const asking = { endpoint, model: model.name, signal }
  let expected: number
  try {
    expected = (await vocabulary.encodeParts(asking, chat)).length
  } catch (cause) {
    if (!(cause instanceof ServerError) || cause.status !== undefined) throw cause
    const why = "it tells no tokens for the turns of a chat"
    return [`The model at ${endpoint.url} is no Gemma, or the server is of another kind than was said: ${why}.`]
  }
  const body = { model: model.name, messages: [{ role: "user", content }], max_tokens: 1, temperature: 0 }
  const answer = await endpoint.find(path, body, signal)
  const usage = isRecord(answer) ? answer["usage"] : undefined
  const count = isRecord(usage) ? usage["prompt_tokens"] : undefined
  if (typeof count !== "number" || count === expected) return []
  const why = count === expected + 1 ? "<bos> stands in it twice" : "its chat template is not Gemma's"
  return [`${endpoint.url} reads a chat of ${expected} tokens as ${count}: ${why}. Its answers may be worse for it.`]
}
