import type { EmbeddingModelV4, Experimental_DecisionModelV4, LanguageModelV4, ProviderV4 } from "@ai-sdk/provider"

/** A provider whose models run in this process. Call it for a language model. */
export interface FacetAiProvider extends ProviderV4, AsyncDisposable {
  /** The language model of an id, or the default one. Nothing is opened before it is called. */
  (modelId?: string): LanguageModelV4
  /** The same as calling the provider. */
  languageModel(modelId?: string): LanguageModelV4
  /**
   * The language model of an id, or the default one, for `experimental_decide`: boolean, choice and score, with their
   * probabilities. Boolean questions that are policies are asked of the guard that belongs to it, or of `shield`.
   */
  decisionModel(modelId?: string): Experimental_DecisionModelV4
  /** Texts as vectors: the language model's residual stream, mean-pooled. It was not trained to embed. */
  embeddingModel(modelId?: string): EmbeddingModelV4
  /** Closes what this provider opened. A `Facet` that was handed in stays open. */
  dispose(): Promise<void>
}
