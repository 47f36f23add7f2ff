import {
  facetFailure,
  facetTrace,
  type FacetTraceData,
  facetVerdict,
  type FinishPart,
  type GenerationPart,
  type TracePart,
  withTrace,
} from "@facet/sdk/words"
import type { InferUIMessageChunk } from "ai"
import type { FacetProgressData, FacetUIMessage } from "./FacetUIMessage.ts"

export type FacetUIMessageChunk = InferUIMessageChunk<FacetUIMessage>

/** `useChat` copies the whole message for each chunk: features come in larger pieces than tokens. */
const TRACE_INTERVAL_MS = 100

/** One text is open at a time. */
const TEXT_ID = "text"

const finishReasons = {
  stop: "stop",
  length: "length",
  blocked: "content-filter",
  "tool-calls": "tool-calls",
} as const

/** The parts of a generation as chunks of a UI message. */
export class ChunkWriter {
  readonly #write: (chunk: FacetUIMessageChunk) => void
  /** What was not written yet. */
  #traces: ReadonlyArray<FacetTraceData> = []
  #tracesWrittenAt = -Infinity
  #isTextOpen = false

  constructor(write: (chunk: FacetUIMessageChunk) => void) {
    this.#write = write
  }

  progress(data: FacetProgressData): void {
    this.#write({ type: "data-facet-progress", data, transient: true })
  }

  start(): void {
    this.#write({ type: "start" })
    this.#write({ type: "start-step" })
  }

  part(part: GenerationPart): void {
    switch (part.type) {
      case "text":
        return this.#text(part.text)
      case "tool-input-start":
        this.#endText()
        return this.#write({ type: "tool-input-start", toolCallId: part.id, toolName: part.name })
      case "tool-input-delta":
        return this.#write({ type: "tool-input-delta", toolCallId: part.id, inputTextDelta: part.delta })
      case "tool-call":
        return this.#write({
          type: "tool-input-available",
          toolCallId: part.id,
          toolName: part.name,
          input: part.input,
        })
      case "trace":
        return this.#trace(part)
      case "verdict":
        return this.#write(facetVerdict(part))
      case "failure":
        return this.#write(facetFailure(part))
      case "finish":
        return this.#finish(part)
    }
  }

  #text(delta: string): void {
    if (!this.#isTextOpen) this.#write({ type: "text-start", id: TEXT_ID })
    this.#isTextOpen = true
    this.#write({ type: "text-delta", id: TEXT_ID, delta })
  }

  /** What is said after a call is another text. */
  #endText(): void {
    if (this.#isTextOpen) this.#write({ type: "text-end", id: TEXT_ID })
    this.#isTextOpen = false
  }

  #trace(part: TracePart): void {
    this.#traces = withTrace(this.#traces, part)
    if (performance.now() - this.#tracesWrittenAt >= TRACE_INTERVAL_MS) this.#writeTraces()
  }

  #writeTraces(): void {
    for (const trace of this.#traces) this.#write(facetTrace(trace))
    this.#traces = []
    this.#tracesWrittenAt = performance.now()
  }

  #finish({ finishReason, timings, usage }: FinishPart): void {
    this.#writeTraces()
    this.#endText()
    this.#write({ type: "finish-step" })
    this.#write({
      type: "finish",
      finishReason: finishReasons[finishReason],
      messageMetadata: { finishReason, usage, timings },
    })
  }
}
