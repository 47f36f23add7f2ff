/** Gemma 2 in React: in the page, or behind a server, with the same hooks. */
export { FacetProvider, type FacetProviderProps } from "./FacetProvider.ts"
export { useFacet, type UseFacetResult } from "./hooks/useFacet.ts"
export { useGenerate, type UseGenerateOptions, type UseGenerateResult } from "./hooks/useGenerate.ts"
export { useShield, type UseShieldOptions, type UseShieldResult } from "./hooks/useShield.ts"
export { useTrace, type UseTraceOptions, type UseTraceResult } from "./hooks/useTrace.ts"
export { useFacetChat, type UseFacetChatOptions } from "./chat/useFacetChat.ts"
export { FacetChatTransport, type FacetChatTransportOptions } from "./chat/FacetChatTransport.ts"
export type { FacetChatOptions } from "./chat/FacetChatOptions.ts"
export type {
  FacetDataParts,
  FacetFailureData,
  FacetMessageMetadata,
  FacetProgressData,
  FacetTraceData,
  FacetUIMessage,
  FacetVerdictData,
} from "./chat/FacetUIMessage.ts"
export { blockedOf, failuresOf, type MessageWithParts, textOf, tracesOf, verdictsOf } from "./chat/messageParts.ts"
export { type FacetSnapshot, type FacetStatus, FacetStore } from "./store/FacetStore.ts"
export type { FacetSource } from "./store/FacetSource.ts"
export type { OpenEffects } from "./store/OpenEffects.ts"
export type { Effects } from "./remote/Effects.ts"
export { RemoteError } from "./remote/RemoteError.ts"
export { type RemoteDescription, RemoteFacet, type RemoteHeaders, type RemoteOptions } from "./remote/RemoteFacet.ts"
export { type FacetHooksError, UnexpectedError } from "./store/FacetHooksError.ts"
export type { GenerationFailure } from "./store/GenerationState.ts"
export type { GenerationSnapshot } from "./store/GenerationStore.ts"
export {
  FeatureCard,
  type FeatureCardProps,
  type FeatureSource,
  FeatureTrace,
  type FeatureTraceProps,
  ModelProgress,
  type ModelProgressProps,
  neuronpediaUrl,
  type TraceInput,
  VerdictBadge,
  type VerdictBadgeProps,
  type VerdictBadgeState,
  VerdictMeter,
  type VerdictMeterProps,
} from "./components/index.ts"
