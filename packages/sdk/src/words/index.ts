/**
 * `@facet/sdk/words`: what is said and asked, and how it is checked. All that an adapter needs to speak; there is no
 * engine in it.
 */
export type { AnswerSchema, EffectSchema, PartialOf, StandardSchema, ValueOf } from "./AnswerSchema.ts"
export { byteCount } from "./byteCount.ts"
export type { CalibrateOptions, Calibrated, CalibrationReport, LabelledExample, LabelOf } from "./Calibration.ts"
export { type CalibrationBin, calibrationBins, calibrationError } from "./calibrationError.ts"
export { type CallOptions, splitCallOptions, splitStreamCall, type StreamRequest } from "./CallOptions.ts"
export {
  checkCount,
  checkFlag,
  checkFunction,
  checkKnown,
  checkNumber,
  checkOneOf,
  checkUnicode,
  checkWhole,
  type NumberRange,
  show,
} from "./Checks.ts"
export type { Constraint, JsonSchema } from "./Constraint.ts"
export {
  type Cascade,
  type CascadePlan,
  type JudgingStage,
  judgingStages,
  readCascade,
  verdictOfProbes,
} from "./Cascade.ts"
export type { Content, ExplainOptions, ShieldOptions } from "./Content.ts"
export type { Answer, AnswerOf, BooleanAnswer, ChoiceAnswer, DecideOptions, Decision, ScoreAnswer } from "./Decision.ts"
export {
  type Device,
  type DeviceName,
  deviceNames,
  type FloatPrecision,
  type Precision,
  type StorageKind,
} from "./Device.ts"
export { type Curve, type CurvePoint, curveOf, type Judged, sorted, weightedCurve } from "./Curve.ts"
export type { WeightDtype } from "./Tensors.ts"
export type { Embedding, EmbedOptions } from "./Embedding.ts"
export {
  ClosedError,
  CodeLoadError,
  ContextOverflowError,
  DownloadError,
  EngineCrashedError,
  errorClasses,
  asFacetError,
  errorFromPlain,
  errorToPlain,
  type FacetError,
  GuardTimeoutError,
  InvalidObjectError,
  InvalidRequestError,
  invalidRequest,
  isFacetError,
  JudgeError,
  ServerError,
  ModelFileError,
  ModelNotFoundError,
  OverloadedError,
  type PlainError,
  RuntimeError,
  ScopeFileError,
  StorageError,
  UnsupportedDeviceError,
  UnsupportedModelError,
  WorkerBlockedError,
} from "./Errors.ts"
export { errorTags, type FacetErrorTag, hasFacetTag } from "./errorTags.ts"
export {
  type GenerateOptions,
  mostAlternatives,
  readGenerateOptions,
  type ReadGenerateOptions,
} from "./GenerateOptions.ts"
export { generateOptionNames } from "./generateOptionNames.ts"
export {
  collect,
  type FailurePart,
  type FinishPart,
  type FinishReason,
  type Generation,
  type GenerationPart,
  type GenerationTokens,
  type TextPart,
  type ToolCallPart,
  type ToolInputDeltaPart,
  type ToolInputStartPart,
  type ToolPart,
  type Timings,
  type TracePart,
  type Usage,
  type VerdictPart,
} from "./Generation.ts"
export {
  type GuardMode,
  type GuardOptions,
  guardOptionNames,
  type GuardPlan,
  pickGuardOptions,
  readGuardOptions,
} from "./GuardOptions.ts"
export { type GuardRole, guardRoles, type JudgedRoles, type WhoseTexts } from "./GuardRole.ts"
export { callHook } from "./callHook.ts"
export { type CallEnd, GuardedCall } from "./GuardedCall.ts"
export {
  type Blocked,
  type EndedReport,
  emptyReport,
  type GuardOutcome,
  type GuardPart,
  type GuardReport,
} from "./GuardReport.ts"
export {
  type Ablate,
  type Clamp,
  type Intervention,
  type InterventionPlace,
  type Positions,
  type Splice,
  type Steer,
  type SteeringMethod,
  steeringMethods,
} from "./Intervention.ts"
export { definePolicy } from "./definePolicy.ts"
export {
  type Policy,
  type PolicyAction,
  policyActions,
  type PolicyContext,
  policyContexts,
  type PolicyExample,
  type PolicyOptions,
  resolvePolicies,
} from "./Policy.ts"
export type { DistilPolicyOptions, TrainPolicyOptions } from "./PolicyTrainingOptions.ts"
export { policyCard } from "./policyCard.ts"
export { readPolicyFile, writePolicyFile } from "./PolicyFile.ts"
export {
  type HeldOutFigures,
  type LearningPoint,
  type PolicyMethod,
  policyMethods,
  type PolicyTraining,
  type TrainedOperatingPoint,
  type TrainingCandidate,
} from "./PolicyTraining.ts"
export { type PaperCalibration, type PolicyCalibration, policyProbability } from "./policyProbability.ts"
export { Pool, type Pooling, type Probe, type ProbeFrame, probeFrames, probeLogit } from "./Probe.ts"
export { defaultPolicies, policies, type PolicyId } from "./ReleasedPolicies.ts"
export { type ShieldSpelling, shieldSpellings } from "./ShieldSpelling.ts"
export { checkJudge, type Judge, type JudgeCall, type Judgement } from "./Judge.ts"
export { verdictOfJudgement } from "./verdictOfJudgement.ts"
export { isRecord, type JsonFields, type JsonRecord, type JsonValue, parseJson, toJson } from "./Json.ts"
export { repeatsName } from "./repeatsName.ts"
export { calibratedWhereKnown } from "./calibratedWhereKnown.ts"
export type { GivenCalibration } from "./withCalibration.ts"
export { isOwnMetadata, ownMetadata } from "./ownMetadata.ts"
export type { Progress } from "./Progress.ts"
export { type ChatMessage, isTokenPrompt, type Prompt, type Role, roles, type TokenPrompt } from "./Prompt.ts"
export {
  type PromptMessage,
  type PromptReading,
  promptReadings,
  promptReadingsInSlices,
  writtenMessages,
  type PromptReadings,
  type ToldExchange,
} from "./promptReadings.ts"
export type { EncodeOptions, RenderedPrompt, RenderOptions } from "./RenderedPrompt.ts"
export type {
  BooleanQuestion,
  ChoiceQuestion,
  PlattCalibration,
  Question,
  Questions,
  ScoreQuestion,
  TemperatureCalibration,
} from "./Question.ts"
export type { EngineStats, QueueWaits } from "./Request.ts"
export {
  biasRange,
  type SamplingNumber,
  type SamplingNumberName,
  samplingNumberNames,
  samplingNumbers,
  samplingOptionNames,
  type SamplingOptions,
} from "./Sampling.ts"
export {
  areaUnderRoc,
  bestPoint,
  type OperatingPoint,
  operatingPoint,
  pointAt,
  decidedPoint,
  type RankingFigures,
  rankingFigures,
} from "./Ranking.ts"
export { readTrainingExamples } from "./readTrainingExamples.ts"
export { runInSlices } from "./runInSlices.ts"
export { type Sliced, whole } from "./Sliced.ts"
export type { Score, ScoreOptions, ScoreToken } from "./Score.ts"
export { finished, nothingSaid, type Said, withPart, withTrace } from "./Said.ts"
export { modelNameOf, type RemoteModel, type ServerKind, serverKinds } from "./RemoteModel.ts"
export { parseSite, type Site, type SiteName, siteNames } from "./Site.ts"
export { readThresholds, type Thresholds, withThresholds } from "./Thresholds.ts"
export type { TokenAlternative, TokenLogprob } from "./TokenLogprob.ts"
export { defineTool, type Tool, type ToolCall, type ToolChoice, type ToolContext, type ToolInput } from "./Tool.ts"
export type { Feature, InspectOptions, Trace, TraceOptions, TraceToken } from "./Trace.ts"
export {
  blockedOf,
  facetFailure,
  type FacetFailureData,
  type FacetFailurePart,
  type FacetPart,
  type FacetPartName,
  facetTrace,
  type FacetTraceData,
  type FacetTracePart,
  facetVerdict,
  type FacetVerdictData,
  type FacetVerdictPart,
  failuresOf,
  isFacetPart,
  type MessageWithParts,
  type SentFacetPart,
  type ToldPolicyVerdict,
  type ToldVerdict,
  tracesOf,
  verdictsOf,
} from "./UiParts.ts"
export type { FeatureReason, JudgedTurn, OccludedSpan, PolicyVerdict, Verdict, VerdictReason } from "./Verdict.ts"
export { traceToHtml, type TraceToHtmlOptions, tracesFromHtml } from "./traceToHtml.ts"
export { holdsBack, visibleVerdict, worseVerdict } from "./Verdict.ts"
export { type TraceContext, traceContextOf } from "./Traceparent.ts"
export type { Cut, TextSpan } from "./Redaction.ts"
