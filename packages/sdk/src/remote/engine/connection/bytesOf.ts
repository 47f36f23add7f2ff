import type { Silence } from "./Silence.ts"

/**
 * A body's bytes as they come. Whoever leaves the loop lets go of the body, which ends the work on the server.
 *
 * @param silence ends a wait for more; how long the bytes are looked at is no silence of the server's. Left out, it runs on.
 */
export async function* bytesOf({ body }: Response, silence?: Silence): AsyncGenerator<Uint8Array, void, void> {
  const reader = body?.getReader()
  try {
    for (;;) {
      silence?.begin()
      const next = await reader?.read()
      silence?.end()
      if (next?.value === undefined) return
      yield next.value
    }
  } finally {
    await reader?.cancel().catch(() => undefined)
  }
}
