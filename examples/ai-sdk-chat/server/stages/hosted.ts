import { convertToModelMessages, streamText, type UIMessage } from "ai"
import { hosted } from "../hosted.ts"

/** Answers a chat as a stream of UI messages. */
export async function chat(messages: Array<UIMessage>, abortSignal: AbortSignal): Promise<Response> {
  const result = streamText({
    model: hosted("storyteller"),
    messages: await convertToModelMessages(messages),
    maxOutputTokens: 200,
    abortSignal,
  })
  return result.toUIMessageStreamResponse()
}
