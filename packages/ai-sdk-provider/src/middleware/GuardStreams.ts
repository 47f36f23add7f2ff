/** The streams on both sides of a guard. */
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider"
import type { Frame, FrameText } from "@facet/sdk"
import { toProviderError } from "../toProviderError.ts"
import type { PartTexts } from "./PartTexts.ts"
import type { Reader } from "./Reader.ts"
import { withoutForged } from "./withoutForged.ts"

type Part = LanguageModelV4StreamPart

/** Parts that go out together, and how many characters they say. */
export interface Released {
  readonly parts: ReadonlyArray<Part>
  readonly characters: number
}

/** Read when asked for, so that a slow reader slows the model down. */
export function framesOf(
  stream: ReadableStream<Part>,
  texts: PartTexts,
  isKept: (part: Part) => boolean,
  { charactersOf, JsonRedaction, keptCharactersOf }: Reader,
): ReadableStream<Frame<Released>> {
  const redaction = new JsonRedaction()
  const frameOf = (parts: ReadonlyArray<Part>, said: ReadonlyArray<FrameText>): Frame<Released> => ({
    value: { parts, characters: charactersOf(said) },
    size: parts.reduce((sum, part) => sum + bytesOf(part), 0),
    texts: said,
    redacted: (texts) => {
      const told = redaction.apply(parts, said, texts)
      return told && { parts: told, characters: keptCharactersOf(texts) }
    },
  })
  const reader = stream.getReader()
  return new ReadableStream<Frame<Released>>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read()
        if (done) {
          controller.enqueue(frameOf([], texts.rest()))
          return controller.close()
        }
        // A pull that brings nothing would be the last one.
        const part = isKept(value) ? withoutForged(value) : undefined
        controller.enqueue(part === undefined ? frameOf([], []) : frameOf([part], texts.of(part)))
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** Files are what is large and says little. */
function bytesOf(part: Part): number {
  if ((part.type !== "file" && part.type !== "reasoning-file") || part.data.type !== "data") return 0
  return part.data.data.length
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
      cancel: (reason) => {
        left.abort(reason)
        // One that waits at a part is told by nothing else.
        parts.return().catch(() => {})
      },
    },
    { highWaterMark: 0 },
  )
}
