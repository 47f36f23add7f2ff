/** Failures as Ollama's API tells them: `{ error: message }`. */
import type { ToldFailure } from "../Exchange.ts"
import { toApiError } from "../openai/ApiError.ts"

/** @param content the field that holds what the model reads. */
export function toOllamaError(error: unknown, content: string): ToldFailure {
  const { cause, code, headers, message, status } = toApiError(error, content)
  // Where this API has a schema.
  const told = message.replace(/^(response_format\.json_schema\.)?schema(?![a-z])/i, "format")
  return { status, code, headers, cause, body: { error: told } }
}
