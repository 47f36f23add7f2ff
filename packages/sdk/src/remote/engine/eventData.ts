/** The data of server-sent events, as they come. Source: the HTML standard, "Server-sent events". */
export async function* eventData({ body }: Response): AsyncGenerator<string, void, void> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let rest = ""
  try {
    for (;;) {
      const next = await reader?.read()
      if (next?.value === undefined) return
      const lines = (rest + decoder.decode(next.value, { stream: true })).split(/\r?\n/)
      rest = lines.pop() ?? ""
      for (const line of lines) if (line.startsWith("data:")) yield line.slice("data:".length).trim()
    }
  } finally {
    // Whoever leaves the loop ends the work on the server.
    await reader?.cancel().catch(() => undefined)
  }
}
