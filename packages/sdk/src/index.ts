/** Gemma in composable effects. */
export { Facet } from "./Facet.ts"
export type { OpenOptions } from "./words/OpenOptions.ts"
export { defaultQueue } from "./worker/settingsOf.ts"
export { openOnce, type SharedFacet } from "./openOnce.ts"
export { calibrate } from "./effects/calibrate.ts"
export { contrast } from "./effects/contrast.ts"
export { decide } from "./effects/decide.ts"
export { embed } from "./effects/embed.ts"
export { generate, stream } from "./effects/generate.ts"
export { inspect, inspectAll } from "./effects/inspect.ts"
export { featureLogits, lens } from "./effects/lens.ts"
export { searchFeatures } from "./effects/searchFeatures.ts"
export { distilPolicy, trainPolicy } from "./effects/trainPolicy.ts"
export { runTools, type RunToolsOptions, type ToolResult, type ToolRun, type ToolStep } from "./effects/runTools.ts"
export { score } from "./effects/score.ts"
export { shield } from "./effects/shield.ts"
export { tokens } from "./effects/tokens.ts"
export type { PromiseTokens } from "./effects/PromiseTokens.ts"
export { contrastVectorsFromSafetensors, contrastVectorsToSafetensors } from "./scope/ContrastVectors.ts"
export { guardWithJudge, needsModel } from "./guard/guardWithJudge.ts"
export { type CollectedDashboards, Dashboards, type DashboardsOptions } from "./scope/dashboard/Dashboards.ts"
export type {
  ActivationSpan,
  DashboardReport,
  FeatureDashboard,
  LogitEffect,
} from "./scope/dashboard/FeatureDashboard.ts"
export { dashboardsFromNeuronpedia, dashboardsToNeuronpedia } from "./scope/dashboard/NeuronpediaBatch.ts"
export { type ByExampleOptions, type ExampleHit, featuresByExample } from "./scope/search/featuresByExample.ts"
export { type LabelHit, searchLabels } from "./scope/search/searchLabels.ts"
export { guard, type FramesRequest, type Guard, type GuardedText } from "./guard/Guard.ts"
export type { PromiseGuard, SourceContext } from "./guard/PromiseGuard.ts"
export type { Source } from "./guard/SourceFailure.ts"
export { charactersOf, type Frame, type FrameText, keptCharactersOf, type RedactedText } from "./guard/Frame.ts"
export { JsonRedaction } from "./guard/reading/JsonRedaction.ts"
export { type InputRedaction, isWritable, type SaidOtherwise, saidOtherwise } from "./guard/InputRedaction.ts"
export { withWritten, writableStrings, writeJson } from "./guard/reading/JsonText.ts"
export type { Cut, TextSpan } from "./words/Redaction.ts"
export { normaliseForJudging } from "./guard/normaliseForJudging.ts"
export { JsonWords } from "./guard/reading/JsonWords.ts"
export { StreamWords } from "./guard/reading/StreamWords.ts"
export type { FileToRead } from "./guard/reading/textOfFile.ts"
export { isTextType } from "./guard/reading/TextTypes.ts"
export { repeatsName } from "./words/repeatsName.ts"
export { isNameShaped } from "./guard/reading/Names.ts"
export { joinTexts } from "./guard/reading/joinTexts.ts"
export { wordsOfFile, wordsOfFileInSlices } from "./guard/reading/wordsOfFile.ts"
export { wordsOfJson, wordsOfJsonInSlices } from "./guard/reading/wordsOfJson.ts"
export { wordsOfUrl, wordsOfUrlInSlices } from "./guard/reading/wordsOfUrl.ts"
export { Opened } from "./words/Opened.ts"
export { CacheSalt } from "./words/CacheSalt.ts"
export { Client } from "./words/Client.ts"
export type { AnswerSchema, EffectSchema, PartialOf, StandardSchema, ValueOf } from "./words/AnswerSchema.ts"
export type { CalibrateOptions, Calibrated, CalibrationReport, LabelledExample, LabelOf } from "./words/Calibration.ts"
export type { CallOptions } from "./words/CallOptions.ts"
export type { ContrastOptions, ContrastPair, ContrastVector } from "./words/Contrast.ts"
export type { Content, ExplainOptions, ShieldOptions } from "./words/Content.ts"
export type {
  Answer,
  AnswerOf,
  BooleanAnswer,
  ChoiceAnswer,
  DecideOptions,
  Decision,
  ScoreAnswer,
} from "./words/Decision.ts"
export type { Device, DeviceName } from "./words/Device.ts"
export type { WeightDtype } from "./words/Tensors.ts"
export type { Embedding, EmbedOptions } from "./words/Embedding.ts"
export type { Features } from "./words/Features.ts"
export type { PageWorker } from "./words/EngineSettings.ts"
export {
  ClosedError,
  CodeLoadError,
  ContextOverflowError,
  DownloadError,
  EngineCrashedError,
  errorClasses,
  errorFromPlain,
  errorToPlain,
  type FacetError,
  GuardTimeoutError,
  InvalidObjectError,
  InvalidRequestError,
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
} from "./words/Errors.ts"
export type { GenerateOptions } from "./words/GenerateOptions.ts"
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
} from "./words/Generation.ts"
export type { Judge, JudgeCall, Judgement } from "./words/Judge.ts"
export type { FeatureSearchOptions, FoundFeature } from "./words/FeatureSearch.ts"
export type { FeatureLogits, FeatureLogitsOptions, Lens, LensLayer, LensOptions, TokenEffect } from "./words/Lens.ts"
export { jsonSchema } from "./words/jsonSchema.ts"
export { type Cascade, type JudgingStage } from "./words/Cascade.ts"
export type { GuardMode, GuardOptions, GuardPlan } from "./words/GuardOptions.ts"
export type { GuardRole, JudgedRoles, WhoseTexts } from "./words/GuardRole.ts"
export type { Blocked, GuardPart, GuardReport } from "./words/GuardReport.ts"
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
} from "./words/Intervention.ts"
export { definePolicy } from "./words/definePolicy.ts"
export { type Policy, type PolicyAction, type PolicyExample, type PolicyOptions } from "./words/Policy.ts"
export type {
  HeldOutFigures,
  LearningPoint,
  PolicyMethod,
  PolicyTraining,
  TrainedOperatingPoint,
  TrainingCandidate,
} from "./words/PolicyTraining.ts"
export type { PaperCalibration, PolicyCalibration } from "./words/policyProbability.ts"
export type { Pooling, Probe } from "./words/Probe.ts"
export { policies, type PolicyId } from "./words/ReleasedPolicies.ts"
export type { ShieldSpelling } from "./words/ShieldSpelling.ts"
export type { DistilPolicyOptions, TrainPolicyOptions } from "./words/PolicyTrainingOptions.ts"
export { policyCard } from "./words/policyCard.ts"
export { readPolicyFile, writePolicyFile } from "./words/PolicyFile.ts"
export type { Progress } from "./words/Progress.ts"
export type { ChatMessage, Prompt, TokenPrompt } from "./words/Prompt.ts"
export {
  type PromptMessage,
  type PromptReading,
  promptReadings,
  type PromptReadings,
  type ToldExchange,
} from "./words/promptReadings.ts"
export type { EncodeOptions, RenderedPrompt, RenderOptions } from "./words/RenderedPrompt.ts"
export type {
  BooleanQuestion,
  ChoiceQuestion,
  PlattCalibration,
  Question,
  Questions,
  ScoreQuestion,
  TemperatureCalibration,
} from "./words/Question.ts"
export type { RemoteModel, ServerKind } from "./words/RemoteModel.ts"
export type { EngineStats, QueueWaits } from "./words/Request.ts"
export type { SamplingOptions } from "./words/Sampling.ts"
export type { ScopeQuery } from "./words/ScopeQuery.ts"
export type { Score, ScoreOptions, ScoreToken } from "./words/Score.ts"
export type { GivenCalibration } from "./words/withCalibration.ts"
export { type Site, type SiteName, siteNames } from "./words/Site.ts"
export { traceToHtml, type TraceToHtmlOptions, tracesFromHtml } from "./words/traceToHtml.ts"
export { readThresholds, type Thresholds } from "./words/Thresholds.ts"
export type { TokenAlternative, TokenLogprob } from "./words/TokenLogprob.ts"
export {
  defineTool,
  type Tool,
  type ToolCall,
  type ToolChoice,
  type ToolContext,
  type ToolInput,
} from "./words/Tool.ts"
export type { Feature, InspectAllOptions, InspectOptions, Trace, TraceOptions, TraceToken } from "./words/Trace.ts"
export type { FeatureReason, JudgedTurn, OccludedSpan, PolicyVerdict, Verdict, VerdictReason } from "./words/Verdict.ts"
