/** What a model is asked: a text, or the turns of a chat. */
import * as Schema from "effect/Schema"

/**
 * One turn of a chat. `system` text is put before the first user turn, since Gemma 2 has no system role; `model` is
 * another name for `assistant`.
 */
export const ChatMessage = Schema.Struct({
  role: Schema.Literals(["system", "user", "assistant", "model"]),
  content: Schema.String,
})
export type ChatMessage = typeof ChatMessage.Type

/** A text is one user turn. */
export const Prompt = Schema.Union([Schema.String, Schema.Array(ChatMessage)])
export type Prompt = typeof Prompt.Type
