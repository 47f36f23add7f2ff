/** Gemma 2 in three composable effects. */
export { Facet } from "./Facet.ts"
export type { CallOptions } from "./CallOptions.ts"
export type { OpenOptions } from "./Open.ts"
export type { PageWorker } from "./platform/Platform.ts"
export {
  ChatMessage,
  Device,
  Embedding,
  Feature,
  FinishReason,
  PolicyVerdict,
  Prompt,
  Score,
  ScoreToken,
  TokenAlternative,
  TokenLogprob,
  Trace,
  TraceToken,
  Verdict,
} from "./schemas.ts"
export type { DeviceName } from "./DeviceName.ts"
export { Opened } from "./Opened.ts"
export { collect, generate, stream, type GenerateOptions, type TraceOptions } from "./Generate.ts"
export { guard, type FramesRequest, type Guard, type GuardedText } from "./guard/Guard.ts"
export type { GuardMode, GuardOptions, GuardPlan } from "./guard/GuardOptions.ts"
export type { PromiseGuard, SourceContext } from "./guard/PromiseGuard.ts"
export type { Source } from "./guard/TextSource.ts"
export type { Frame, FrameText } from "./guard/Frame.ts"
export type { Blocked, GuardPart, GuardReport } from "./guard/Report.ts"
export { normaliseForJudging } from "./guard/normaliseForJudging.ts"
export { JsonWords } from "./guard/reading/JsonWords.ts"
export { StreamWords } from "./guard/reading/StreamWords.ts"
export type { FileToRead } from "./guard/reading/textOfFile.ts"
export { isTextType } from "./guard/reading/textTypes.ts"
export { isNameShaped } from "./guard/reading/isName.ts"
export { joinTexts } from "./guard/reading/joinTexts.ts"
export { wordsOfFile } from "./guard/reading/wordsOfFile.ts"
export { wordsOfJson } from "./guard/reading/wordsOfJson.ts"
export { wordsOfUrl } from "./guard/reading/wordsOfUrl.ts"
export { openOnce, type SharedFacet } from "./openOnce.ts"
export { shield, type Content, type ShieldOptions } from "./Shield.ts"
export { inspect, score, type InspectOptions } from "./Inspect.ts"
export { embed, type EmbedOptions } from "./Embed.ts"
export {
  type FailurePart,
  type FinishPart,
  type Generation,
  type GenerationPart,
  type GenerationTokens,
  type TextPart,
  type Timings,
  type TracePart,
  type Usage,
  type VerdictPart,
} from "./Generation.ts"
export { definePolicy, policies, type Policy } from "./Policy.ts"
export { siteNames, type Site, type SiteName } from "./graph/Sites.ts"
export type { SamplingOptions } from "./engine/Sampler.ts"
export type { EngineStats, Progress } from "./engine/Request.ts"
export {
  ClosedError,
  ContextOverflowError,
  DownloadError,
  EngineCrashedError,
  errorClasses,
  errorFromPlain,
  errorToPlain,
  type FacetError,
  GuardTimeoutError,
  InvalidRequestError,
  isFacetError,
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
