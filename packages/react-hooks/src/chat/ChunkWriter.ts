import type { FinishPart, GenerationPart, TracePart } from "@facet/sdk"
import type { InferUIMessageChunk } from "ai"
import { toHooksError } from "../store/toHooksError.ts"
import type { FacetFailureData, FacetProgressData, FacetTraceData, FacetUIMessage } from "./FacetUIMessage.ts"

export type FacetUIMessageChunk = InferUIMessageChunk<FacetUIMessage>

/** `useChat` copies the whole message for each chunk: features come in larger pieces than tokens. */
const TRACE_INTERVAL_MS = 100

/** There is one text in a generation. */
const TEXT_ID = "text"

const finishReasons = { stop: "stop", length: "length", blocked: "content-filter" } as const

/** The parts of a generation as chunks of a UI message. */
export class ChunkWriter {
  readonly #write: (chunk: FacetUIMessageChunk) => void
  /** By their ids, each as it grows: a part of the same id replaces the one before. */
  readonly #traces = new Map<string, FacetTraceData>()
  readonly #unwritten = new Set<string>()
  #tracesWrittenAt = -Infinity
  #failures = 0
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
      case "trace":
        return this.#trace(part)
      case "verdict":
        // What came in has one verdict, what goes out the latest one.
        return this.#write({ type: "data-facet-verdict", id: part.of, data: { of: part.of, verdict: part.verdict } })
      case "failure":
        return this.#failure(part.of, part.error)
      case "finish":
        return this.#finish(part)
    }
  }

  #text(delta: string): void {
    if (!this.#isTextOpen) this.#write({ type: "text-start", id: TEXT_ID })
    this.#isTextOpen = true
    this.#write({ type: "text-delta", id: TEXT_ID, delta })
  }

  #trace({ layer, site, tokens }: TracePart): void {
    const id = `${site}.${layer}`
    this.#traces.set(id, { site, layer, tokens: [...(this.#traces.get(id)?.tokens ?? []), ...tokens] })
    this.#unwritten.add(id)
    if (performance.now() - this.#tracesWrittenAt >= TRACE_INTERVAL_MS) this.#writeTraces()
  }

  #writeTraces(): void {
    for (const id of this.#unwritten) {
      const data = this.#traces.get(id)
      if (data !== undefined) this.#write({ type: "data-facet-trace", id, data })
    }
    this.#unwritten.clear()
    this.#tracesWrittenAt = performance.now()
  }

  #failure(of: FacetFailureData["of"], cause: unknown): void {
    const { message, name } = toHooksError("Judging", cause)
    this.#write({ type: "data-facet-failure", id: String(this.#failures++), data: { of, error: { name, message } } })
  }

  #finish({ finishReason, timings, usage }: FinishPart): void {
    this.#writeTraces()
    if (this.#isTextOpen) this.#write({ type: "text-end", id: TEXT_ID })
    this.#write({ type: "finish-step" })
    this.#write({
      type: "finish",
      finishReason: finishReasons[finishReason],
      messageMetadata: { finishReason, usage, timings },
    })
  }
}
