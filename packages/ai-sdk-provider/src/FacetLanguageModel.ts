import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamResult,
} from "@ai-sdk/provider"
import { collect, type Generation, type GenerationPart, facetFailure, facetTrace, facetVerdict } from "@facet/sdk/words"
import type { SharedModel } from "./OpenModels.ts"
import { finishReasonOf, newResponseId, providerMetadataOf, usageOf } from "./Results.ts"
import { streamOf } from "./streamOf.ts"
import { toGenerateRequest } from "./toGenerateRequest.ts"
import { toProviderError } from "./toProviderError.ts"

/** Gemma 2 as a language model of the AI SDK. */
export class FacetLanguageModel implements LanguageModelV4 {
  readonly specificationVersion = "v4"
  readonly supportedUrls = {}
  readonly provider: string
  readonly modelId: string
  readonly #model: SharedModel

  constructor(provider: string, model: SharedModel) {
    this.provider = provider
    this.modelId = model.modelId
    this.#model = model
  }

  async doGenerate(call: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const { abortSignal: signal } = call
    // The AI SDK itself does not look before it calls.
    signal?.throwIfAborted()
    const { options, prompt, warnings } = toGenerateRequest(call)
    const timestamp = new Date()
    const facet = await this.#model.open(signal)
    try {
      const parts: Array<GenerationPart> = []
      for await (const part of facet.stream(prompt, { ...options, signal })) parts.push(part)
      const generation = collect(prompt, parts)
      return {
        content: contentOf(generation, parts),
        finishReason: finishReasonOf(generation.finishReason),
        usage: usageOf(generation.usage),
        warnings,
        providerMetadata: providerMetadataOf(generation),
        response: { id: newResponseId(), timestamp, modelId: this.modelId },
      }
    } catch (error) {
      throw toProviderError(error, signal)
    }
  }

  async doStream(call: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const { abortSignal: signal, includeRawChunks = false } = call
    signal?.throwIfAborted()
    const { options, prompt, warnings } = toGenerateRequest(call)
    const response = { id: newResponseId(), timestamp: new Date(), modelId: this.modelId }
    const facet = await this.#model.open(signal)
    const stop = new AbortController()
    const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
    const parts = facet.stream(prompt, { ...options, signal: either })
    try {
      // What is wrong before the first token is told by the call itself, which the AI SDK can repeat.
      const first = await parts.next()
      return { stream: streamOf({ first, rest: parts, stop, warnings, response, includeRawChunks, signal }) }
    } catch (error) {
      throw toProviderError(error, signal)
    }
  }
}

function contentOf(
  { text, toolCalls = [], traces, verdicts }: Generation,
  parts: ReadonlyArray<GenerationPart>,
): Array<LanguageModelV4Content> {
  const content: Array<LanguageModelV4Content> = []
  if (verdicts.input !== undefined) content.push(facetVerdict({ of: "input", verdict: verdicts.input }))
  if (text !== "") content.push({ type: "text", text })
  for (const { id, input, name } of toolCalls) {
    content.push({ type: "tool-call", toolCallId: id, toolName: name, input: JSON.stringify(input) })
  }
  for (const trace of traces) content.push(facetTrace(trace))
  if (verdicts.output !== undefined) content.push(facetVerdict({ of: "output", verdict: verdicts.output }))
  for (const part of parts) if (part.type === "failure") content.push(facetFailure(part))
  return content
}
