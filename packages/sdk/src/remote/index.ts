/**
 * `@facet/sdk/remote`: the effects behind a server, with the methods of a Facet; and for servers, what they are asked and
 * how they answer. There is no engine in it.
 */
export type { Effects, Tokens } from "./Effects.ts"
export { RemoteError } from "./RemoteError.ts"
export { RemoteFacet } from "./RemoteFacet.ts"
export type { RemoteFacetOptions, RemoteHeaders } from "./RemoteServer.ts"
export type { RemoteTokens } from "./RemoteTokens.ts"
export { calibratedToJson } from "./CalibrationDocument.ts"
export { contrastToJson } from "./ContrastDocument.ts"
export { decisionToJson } from "./DecisionDocument.ts"
export { descriptionToJson, type RemoteDescription } from "./DescriptionDocument.ts"
export { embeddingToJson } from "./EmbeddingDocument.ts"
export { effectFromJson, type EffectRequest } from "./EffectDocument.ts"
export { foundFeaturesToJson } from "./FoundFeaturesDocument.ts"
export { featureLogitsToJson, lensToJson } from "./LensDocument.ts"
export { lineOf, linesType } from "./Lines.ts"
export { breakToJson, partToJson } from "./PartDocument.ts"
export { type Problem, type ProblemDocument, problemToJson, problemType } from "./ProblemDocument.ts"
export { type EffectName, jsonType, routes } from "./routes.ts"
export { scoreToJson } from "./ScoreDocument.ts"
export { traceToJson } from "./TraceDocument.ts"
export { verdictToJson } from "./VerdictDocument.ts"
