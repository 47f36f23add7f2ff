import { ContextOverflowError } from "../../../words/Errors.ts"
import type { GenerateRequest } from "../../../words/Request.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import type { ServedModel } from "../Server.ts"
import type { Vocabulary } from "../Vocabulary.ts"
import { textOf } from "./ServerPrompt.ts"

export interface Written {
  readonly endpoint: Endpoint
  readonly model: ServedModel
  readonly vocabulary: Vocabulary | undefined
  readonly signal: AbortSignal
}

/**
 * A request for a text without a chat, with as many tokens as its prompt leaves room for: servers that are not told how many
 * end such a text after 16. As it was, where nobody tells how long the prompt or the context is.
 *
 * @throws ContextOverflowError for a prompt that leaves no room
 */
export async function withRoom(
  { endpoint, model, signal, vocabulary }: Written,
  request: GenerateRequest,
): Promise<GenerateRequest> {
  const { contextLength } = model.description
  if (!Number.isFinite(contextLength) || vocabulary === undefined) return request
  const prompt = textOf(request)
  const asking = { endpoint, model: model.name, signal }
  // The server puts `<bos>` before a text.
  const tokens = typeof prompt === "string" ? 1 + (await vocabulary.encode(asking, prompt)).length : prompt.length
  if (tokens >= contextLength) throw new ContextOverflowError({ tokens, limit: contextLength - 1 })
  return { ...request, maxTokens: contextLength - tokens }
}
