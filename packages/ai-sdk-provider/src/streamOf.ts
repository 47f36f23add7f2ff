import type { LanguageModelV4ResponseMetadata, LanguageModelV4StreamPart, SharedV4Warning } from "@ai-sdk/provider"
import {
  type FinishPart,
  type GenerationPart,
  type TokenLogprob,
  type ToolCallPart,
  facetFailure,
  facetTrace,
  facetVerdict,
} from "@facet/sdk/words"
import { finishReasonOf, providerMetadataOf, unknownUsage, usageOf } from "./Results.ts"
import { toProviderError } from "./toProviderError.ts"

export interface StreamRequest {
  readonly first: IteratorResult<GenerationPart, void>
  readonly rest: AsyncGenerator<GenerationPart, void, void>
  /** Ends the generation. */
  readonly stop: AbortController
  readonly warnings: Array<SharedV4Warning>
  readonly response: LanguageModelV4ResponseMetadata
  readonly includeRawChunks: boolean
  readonly signal: AbortSignal | undefined
}

type Controller = ReadableStreamDefaultController<LanguageModelV4StreamPart>

/**
 * The parts of a generation as a stream of the AI SDK's. Cancelling it stops the model.
 *
 * It is filled as fast as the model writes, whether or not somebody reads. A reader who leaves without cancelling, as the
 * AI SDK's own do when their loop is left, would otherwise keep a place in the engine's queue for ever; a generation is
 * short, and ends.
 */
export function streamOf(request: StreamRequest): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream<LanguageModelV4StreamPart>({
    start: (controller) => {
      controller.enqueue({ type: "stream-start", warnings: request.warnings })
      controller.enqueue({ type: "response-metadata", ...request.response })
      // Not awaited: a stream is read only when its start is done.
      void pump(request, controller)
    },
    cancel: (reason) => request.stop.abort(reason),
  })
}

async function pump(request: StreamRequest, controller: Controller): Promise<void> {
  const { first, rest, signal, stop } = request
  const writer = new PartWriter(controller, request.includeRawChunks)
  try {
    for (let next = first; next.done !== true; next = await rest.next()) writer.write(next.value)
    controller.close()
  } catch (error) {
    // Nobody listens any more.
    if (stop.signal.aborted) return
    // The AI SDK knows an abort by the stream's own error, and everything else by a part.
    if (signal?.aborted === true) return controller.error(signal.reason)
    writer.fail(toProviderError(error))
    controller.close()
  }
}

/** A text is one block; the other parts stand between its deltas. */
class PartWriter {
  readonly #controller: Controller
  readonly #isRaw: boolean
  readonly #logprobs: Array<TokenLogprob> = []
  #isOpen = false

  constructor(controller: Controller, isRaw: boolean) {
    this.#controller = controller
    this.#isRaw = isRaw
  }

  write(part: GenerationPart): void {
    if (this.#isRaw) this.#controller.enqueue({ type: "raw", rawValue: part })
    switch (part.type) {
      case "text":
        this.#logprobs.push(...(part.logprobs ?? []))
        return this.#text(part.text)
      case "tool-input-start":
        this.#endText()
        return this.#controller.enqueue({ type: "tool-input-start", id: part.id, toolName: part.name })
      case "tool-input-delta":
        this.#logprobs.push(...(part.logprobs ?? []))
        return this.#controller.enqueue({ type: "tool-input-delta", id: part.id, delta: part.delta })
      case "tool-call":
        return this.#call(part)
      case "trace":
        return this.#controller.enqueue(facetTrace(part))
      case "verdict":
        return this.#controller.enqueue(facetVerdict(part))
      case "failure":
        return this.#controller.enqueue(facetFailure(part))
      case "finish":
        return this.#finish(part)
    }
  }

  fail(error: unknown): void {
    this.#endText()
    this.#controller.enqueue({ type: "error", error })
    const finishReason = { unified: "error", raw: undefined } as const
    this.#controller.enqueue({ type: "finish", finishReason, usage: unknownUsage })
  }

  #text(delta: string): void {
    if (!this.#isOpen) {
      this.#isOpen = true
      this.#controller.enqueue({ type: "text-start", id: TEXT_ID })
    }
    this.#controller.enqueue({ type: "text-delta", id: TEXT_ID, delta })
  }

  #call({ id, input, logprobs, name }: ToolCallPart): void {
    this.#logprobs.push(...(logprobs ?? []))
    this.#controller.enqueue({ type: "tool-input-end", id })
    this.#controller.enqueue({ type: "tool-call", toolCallId: id, toolName: name, input: JSON.stringify(input) })
  }

  #finish(part: FinishPart): void {
    this.#endText()
    // The finish's own are those of the last tokens; people get all of them in one list.
    const logprobs = part.logprobs === undefined ? {} : { logprobs: [...this.#logprobs, ...part.logprobs] }
    this.#controller.enqueue({
      type: "finish",
      finishReason: finishReasonOf(part.finishReason),
      usage: usageOf(part.usage),
      providerMetadata: providerMetadataOf({ ...part, ...logprobs }),
    })
  }

  #endText(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#controller.enqueue({ type: "text-end", id: TEXT_ID })
  }
}

/** There is one text in a generation. */
const TEXT_ID = "0"
