import type {
  EmbeddingModelV4,
  EmbeddingModelV4CallOptions,
  EmbeddingModelV4Result,
  SharedV4Warning,
} from "@ai-sdk/provider"
import { toJson } from "@facet/sdk/words"
import type { SharedModel } from "./OpenModels.ts"
import { readEmbeddingModelOptions } from "./ProviderOptions.ts"
import { toProviderError } from "./toProviderError.ts"
import { warnOfHeaders } from "./Warnings.ts"

/**
 * Texts as vectors: the mean of a language model's residual stream over a text's tokens. It was not trained to embed:
 * texts that are alike lie close together, but a model made for retrieval retrieves better.
 */
export class FacetEmbeddingModel implements EmbeddingModelV4 {
  readonly specificationVersion = "v4"
  /** One after the other: there is one engine, and a call of any length takes one place in its queue. */
  readonly maxEmbeddingsPerCall = Infinity
  readonly supportsParallelCalls = true
  readonly provider: string
  readonly modelId: string
  readonly #model: SharedModel

  constructor(provider: string, model: SharedModel) {
    this.provider = provider
    this.modelId = model.modelId
    this.#model = model
  }

  async doEmbed(call: EmbeddingModelV4CallOptions): Promise<EmbeddingModelV4Result> {
    const { abortSignal: signal, dimensions, values } = call
    signal?.throwIfAborted()
    const { layer } = readEmbeddingModelOptions(call.providerOptions)
    const warnings: Array<SharedV4Warning> = []
    warnOfHeaders(call.headers, warnings)
    const facet = await this.#model.open(signal)
    const embeddings: Array<Array<number>> = []
    let tokens = 0
    let usedLayer: number | undefined
    try {
      for (const value of values) {
        const embedded = await facet.embed(value, { layer, signal })
        embeddings.push(Array.from(embedded.embedding))
        tokens += embedded.tokens
        usedLayer = embedded.layer
      }
    } catch (error) {
      throw toProviderError(error, signal)
    }
    const width = embeddings[0]?.length
    if (dimensions !== undefined && dimensions !== width) {
      const details = `The vectors are as wide as the model's residual stream: ${width ?? "unknown, as nothing was embedded"}.`
      warnings.push({ type: "unsupported", feature: "dimensions", details })
    }
    return {
      embeddings,
      usage: { tokens },
      warnings,
      providerMetadata: { facet: toJson({ layer: usedLayer, pooling: "mean" }) },
    }
  }
}
