/** Gemma 2 as a model of the AI SDK. */
export { createFacet, facet } from "./createFacet.ts"
export type { FacetAiProvider } from "./FacetAiProvider.ts"
export type { FacetProviderSettings } from "./FacetProviderSettings.ts"
export type {
  FacetDecisionModelOptions,
  FacetEmbeddingModelOptions,
  FacetLanguageModelOptions,
} from "./ProviderOptions.ts"
export type { FacetFailurePart, FacetTracePart, FacetVerdictPart } from "@facet/sdk/words"
export { FacetProviderError } from "./FacetProviderError.ts"
export { FacetUnavailableError } from "./FacetUnavailableError.ts"
export type { FacetShieldMetadata } from "./middleware/ShieldOutcome.ts"
export { type ShieldMiddleware, shieldMiddleware } from "./middleware/shieldMiddleware.ts"
export type { ShieldMiddlewareOptions } from "./middleware/ShieldMiddlewareOptions.ts"
export { traceMiddleware } from "./middleware/traceMiddleware.ts"
