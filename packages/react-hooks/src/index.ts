/** Gemma 2 in React: in the page, or behind a server, with the same hooks. */
export { FacetProvider, type FacetProviderProps } from "./FacetProvider.ts"
export { useFacet, type UseFacetResult } from "./hooks/useFacet.ts"
export { useGenerate, type UseGenerateOptions, type UseGenerateResult } from "./hooks/useGenerate.ts"
export { useShield, type UseShieldOptions, type UseShieldResult } from "./hooks/useShield.ts"
export { useScore, type UseScoreOptions, type UseScoreResult } from "./hooks/useScore.ts"
export { useTokenCount, type UseTokenCountOptions, type UseTokenCountResult } from "./hooks/useTokenCount.ts"
export { useDecision, type UseDecisionOptions, type UseDecisionResult } from "./hooks/useDecision.ts"
export {
  type PlacedFeature,
  type SteeredFeature,
  useSteering,
  type UseSteeringOptions,
  type UseSteeringResult,
} from "./hooks/useSteering.ts"
export {
  useFeatureSearch,
  type UseFeatureSearchOptions,
  type UseFeatureSearchResult,
} from "./hooks/useFeatureSearch.ts"
export { useTrace, type UseTraceOptions, type UseTraceResult } from "./hooks/useTrace.ts"
export { useFacetChat, type UseFacetChatOptions } from "./chat/useFacetChat.ts"
export { FacetChatTransport, type FacetChatTransportOptions } from "./chat/FacetChatTransport.ts"
export type { FacetChatOptions } from "./chat/FacetChatOptions.ts"
export type { FacetDataParts, FacetMessageMetadata, FacetProgressData, FacetUIMessage } from "./chat/FacetUIMessage.ts"
export { textOf } from "./chat/textOf.ts"
export {
  blockedOf,
  type FacetFailureData,
  type FacetFailurePart,
  type FacetTraceData,
  type FacetTracePart,
  type FacetVerdictData,
  type FacetVerdictPart,
  failuresOf,
  isFacetPart,
  type MessageWithParts,
  tracesOf,
  verdictsOf,
} from "@facet/sdk/words"
export { type FacetSnapshot, type FacetStatus, FacetStore } from "./store/FacetStore.ts"
export type { FacetSource, OpenEffects } from "./store/FacetSource.ts"
export {
  type Effects,
  type RemoteDescription,
  RemoteError,
  RemoteFacet,
  type RemoteFacetOptions,
  type RemoteHeaders,
} from "@facet/sdk/remote"
export { type FacetHooksError, UnexpectedError } from "./store/FacetHooksError.ts"
export type { GenerationFailure } from "./store/GenerationState.ts"
export type { GenerationSnapshot } from "./store/GenerationStore.ts"
export {
  FeatureBrowser,
  type FeatureBrowserProps,
  FeatureCard,
  type FeatureCardProps,
  type FeatureSource,
  FeatureTrace,
  type FeatureTraceProps,
  type FiringFeature,
  firingFeatures,
  ModelProgress,
  type ModelProgressProps,
  neuronpediaUrl,
  SteeringPanel,
  type SteeringPanelProps,
  type TracedText,
  type TraceInput,
  VerdictBadge,
  type VerdictBadgeProps,
  type VerdictBadgeState,
  VerdictMeter,
  type VerdictMeterProps,
} from "./components/index.ts"
