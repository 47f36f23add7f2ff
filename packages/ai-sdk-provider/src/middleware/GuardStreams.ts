/** The streams on both sides of a guard. */
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider"
import type { Frame } from "@facet/sdk"
import { toProviderError } from "../toProviderError.ts"
import type { PartTexts } from "./PartTexts.ts"

type Part = LanguageModelV4StreamPart

/** Read when asked for, so that a slow reader slows the model down. */
export function framesOf(
  stream: ReadableStream<Part>,
  texts: PartTexts,
  isKept: (part: Part) => boolean,
): ReadableStream<Frame<ReadonlyArray<Part>>> {
  const reader = stream.getReader()
  return new ReadableStream<Frame<ReadonlyArray<Part>>>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read()
        if (done) {
          controller.enqueue({ value: [], texts: texts.rest() })
          return controller.close()
        }
        // A pull that brings nothing would be the last one.
        controller.enqueue(isKept(value) ? { value: [value], texts: texts.of(value) } : { value: [] })
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

interface Reading {
  readonly first: Promise<IteratorResult<Part, void>>
  readonly parts: AsyncGenerator<Part, void, void>
  /** Told when nobody reads any more. */
  readonly left: AbortController
  readonly signal: AbortSignal | undefined
}

/** A generator that is at work cannot be ended from outside: its work is. */
export function streamOf({ first, left, parts, signal }: Reading): ReadableStream<Part> {
  let begun: Reading["first"] | undefined = first
  return new ReadableStream<Part>(
    {
      pull: async (controller) => {
        try {
          const next = begun ?? parts.next()
          begun = undefined
          const { done, value } = await next
          if (done === true) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          // Whoever left need not hear of it.
          if (!left.signal.aborted) controller.error(toProviderError(error, signal))
        }
      },
      cancel: (reason) => left.abort(reason),
    },
    { highWaterMark: 0 },
  )
}
