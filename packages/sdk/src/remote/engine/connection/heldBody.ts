/** A body that is read elsewhere, under the bounds of the request that it answers. */
import type { Silence } from "./Silence.ts"

export interface Holding {
  /** Ends a wait for more; how long the bytes are looked at is no silence of the server's. Undefined: the time runs on. */
  readonly between: Silence | undefined
  /** What is told of a failure. */
  readonly failed: (cause: unknown) => unknown
  /** When all is read, or nobody reads on. */
  readonly end: () => void
}

export function heldBody({ body }: Response, { between, end, failed }: Holding): ReadableStream<Uint8Array> | null {
  if (body === null) {
    end()
    return null
  }
  const reader = body.getReader()
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    try {
      between?.begin()
      const { value } = await reader.read()
      between?.end()
      if (value !== undefined) return controller.enqueue(value)
      end()
      controller.close()
    } catch (cause) {
      end()
      controller.error(failed(cause))
    }
  }
  const cancel = async (reason: unknown) => {
    end()
    await reader.cancel(reason)
  }
  // Nothing is read ahead of whoever asks for it.
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 })
}
