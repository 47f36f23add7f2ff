/**
 * Asks a route that streams OpenAI's chunks. Never rejects.
 *
 * @param {string} route
 * @param {string} message
 * @param {(text: string) => void} onText told all the text so far
 * @returns {Promise<{ state: "passed" | "blocked" | "failed", text: string, verdict?: object, detail?: string }>}
 */
export async function readAnswer(route, message, onText) {
  let text = ""
  try {
    const response = await fetch(route, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages: [{ role: "user", content: message }] }),
    })
    if (!response.ok) return await refusal(response)
    for await (const { choices, error, verdict } of chunksOf(response.body)) {
      if (error) return { state: "failed", text, detail: error.message }
      const { delta, finish_reason } = choices?.[0] ?? {}
      if (delta?.content) onText((text += delta.content))
      if (finish_reason === "content_filter") return { state: "blocked", text, verdict }
      if (finish_reason) return { state: "passed", text }
    }
    return { state: "failed", text, detail: "the answer broke off" }
  } catch (error) {
    return { state: "failed", text, detail: error.message }
  }
}

/** A refusal is a problem document (RFC 9457). */
async function refusal(response) {
  const isProblem = response.headers.get("content-type") === "application/problem+json"
  const { detail = `status ${response.status}`, verdict } = isProblem ? await response.json() : {}
  return { state: verdict ? "blocked" : "failed", text: "", verdict, detail }
}

async function* chunksOf(body) {
  let rest = ""
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split("\n\n")
    rest = events.pop()
    for (const event of events) {
      const data = event.match(/^data: (.*)$/m)?.[1]
      if (data !== undefined && data !== "[DONE]") yield JSON.parse(data)
    }
  }
}
