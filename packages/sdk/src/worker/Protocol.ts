/**
 * What travels between an app and its engine, which runs on another thread.
 *
 * An app calls a method by its name under a number of its own. An answer is one value, or for a streaming method any
 * number of lists of parts and then an end. The engine sends the next list only when the last one was acknowledged, so a
 * slow reader slows the engine down. Values cross by structured clone; errors, whose classes would be lost, as plain data.
 */
import type { Calibrated } from "../words/Calibration.ts"
import type { Decision } from "../words/Decision.ts"
import type { Embedding } from "../words/Embedding.ts"
import type { Features, FeaturesRequest } from "../words/Features.ts"
import type { EnginePart } from "../words/Generation.ts"
import type { PlainError } from "../words/Errors.ts"
import type {
  DetokeniseRequest,
  JudgeRequest,
  CalibrateRequest,
  DecideRequest,
  EmbedRequest,
  EngineStats,
  FeatureLogitsRequest,
  FeatureSearchRequest,
  GenerateRequest,
  InspectAllRequest,
  InspectRequest,
  LensRequest,
  ModelRef,
  RenderRequest,
  ScoreRequest,
} from "../words/Request.ts"
import type { FoundFeature } from "../words/FeatureSearch.ts"
import type { FeatureLogits, Lens } from "../words/Lens.ts"
import type { ModelDescription } from "../words/ModelDescription.ts"
import type { Progress } from "../words/Progress.ts"
import type { RenderedPrompt } from "../words/RenderedPrompt.ts"
import type { Score } from "../words/Score.ts"
import type { Trace } from "../words/Trace.ts"
import type { Verdict } from "../words/Verdict.ts"

/** Methods that answer with parts. */
export interface StreamMethods {
  readonly load: { readonly payload: ModelRef; readonly part: Progress }
  readonly generate: { readonly payload: GenerateRequest; readonly part: EnginePart }
}

/** Methods that answer with one value. */
export interface ValueMethods {
  readonly judge: { readonly payload: JudgeRequest; readonly value: Verdict }
  readonly inspect: { readonly payload: InspectRequest; readonly value: Trace }
  readonly inspectAll: { readonly payload: InspectAllRequest; readonly value: ReadonlyArray<Trace> }
  readonly score: { readonly payload: ScoreRequest; readonly value: Score }
  readonly lens: { readonly payload: LensRequest; readonly value: Lens }
  readonly featureLogits: { readonly payload: FeatureLogitsRequest; readonly value: FeatureLogits }
  readonly searchFeatures: { readonly payload: FeatureSearchRequest; readonly value: ReadonlyArray<FoundFeature> }
  readonly decide: { readonly payload: DecideRequest; readonly value: Decision }
  readonly calibrate: { readonly payload: CalibrateRequest; readonly value: Calibrated }
  readonly embed: { readonly payload: EmbedRequest; readonly value: Embedding }
  readonly features: { readonly payload: FeaturesRequest; readonly value: Features }
  readonly render: { readonly payload: RenderRequest; readonly value: RenderedPrompt }
  readonly detokenise: { readonly payload: DetokeniseRequest; readonly value: string }
  readonly describe: { readonly payload: ModelRef; readonly value: ModelDescription }
  readonly stats: { readonly payload: undefined; readonly value: EngineStats }
}

export type Method = keyof StreamMethods | keyof ValueMethods

/** To the engine. */
export type AppMessage =
  | { readonly kind: "call"; readonly call: number; readonly method: Method; readonly payload: unknown }
  /** The parts that came last were taken. */
  | { readonly kind: "taken"; readonly call: number }
  | { readonly kind: "interrupt"; readonly call: number }
  /** Ends everything, and the thread. */
  | { readonly kind: "close" }

/** From the engine. */
export type EngineMessage =
  | { readonly kind: "parts"; readonly call: number; readonly parts: ReadonlyArray<unknown> }
  /** The value, or the end of the parts. */
  | { readonly kind: "done"; readonly call: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly call: number; readonly error: PlainError }
