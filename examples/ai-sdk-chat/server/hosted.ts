import { createOpenAICompatible } from "@ai-sdk/openai-compatible"

const { CHAT_API_KEY, CHAT_BASE_URL } = process.env

if (CHAT_BASE_URL === undefined) {
  throw new Error("CHAT_BASE_URL is not set. Set it to where a model speaks OpenAI's protocol.")
}

/** A provider whose models run somewhere else. */
export const hosted = createOpenAICompatible({
  name: "hosted",
  baseURL: CHAT_BASE_URL,
  ...(CHAT_API_KEY && { apiKey: CHAT_API_KEY }),
})
