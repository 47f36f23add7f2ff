/**
 * A body's bytes as they come. Whoever leaves the loop lets go of the body, which ends the work on the server.
 *
 * @param heard called whenever something came
 */
export async function* bytesOf({ body }: Response, heard?: () => void): AsyncGenerator<Uint8Array, void, void> {
  const reader = body?.getReader()
  try {
    for (;;) {
      const next = await reader?.read()
      if (next?.value === undefined) return
      heard?.()
      yield next.value
    }
  } finally {
    await reader?.cancel().catch(() => undefined)
  }
}
