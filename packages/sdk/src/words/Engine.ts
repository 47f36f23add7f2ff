/** What effects are made of: an engine, wherever it runs. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Calibrated } from "./Calibration.ts"
import type { Decision } from "./Decision.ts"
import type { Embedding } from "./Embedding.ts"
import type { FacetError } from "./Errors.ts"
import type { EnginePart } from "./Generation.ts"
import type { FoundFeature } from "./FeatureSearch.ts"
import type { FeatureLogits, Lens } from "./Lens.ts"
import type { ModelDescription } from "./ModelDescription.ts"
import type { Progress } from "./Progress.ts"
import type { RenderedPrompt } from "./RenderedPrompt.ts"
import type {
  CalibrateRequest,
  DecideRequest,
  DetokeniseRequest,
  EmbedRequest,
  EngineStats,
  FeatureLogitsRequest,
  FeatureSearchRequest,
  GenerateRequest,
  InspectAllRequest,
  InspectRequest,
  JudgeRequest,
  LensRequest,
  ModelRef,
  RenderRequest,
  ScoreRequest,
} from "./Request.ts"
import type { Features, FeaturesRequest } from "./Features.ts"
import type { Score } from "./Score.ts"
import type { Trace } from "./Trace.ts"
import type { Verdict } from "./Verdict.ts"

/** One engine serves any number of requests and models. */
export interface EngineService {
  /** Opens a model, unless it is open, and says how far that has come. */
  readonly load: (model: ModelRef) => Stream.Stream<Progress, FacetError>
  readonly generate: (request: GenerateRequest) => Stream.Stream<EnginePart, FacetError>
  readonly judge: (request: JudgeRequest) => Effect.Effect<Verdict, FacetError>
  readonly inspect: (request: InspectRequest) => Effect.Effect<Trace, FacetError>
  readonly inspectAll: (request: InspectAllRequest) => Effect.Effect<ReadonlyArray<Trace>, FacetError>
  readonly score: (request: ScoreRequest) => Effect.Effect<Score, FacetError>
  readonly lens: (request: LensRequest) => Effect.Effect<Lens, FacetError>
  readonly featureLogits: (request: FeatureLogitsRequest) => Effect.Effect<FeatureLogits, FacetError>
  readonly searchFeatures: (request: FeatureSearchRequest) => Effect.Effect<ReadonlyArray<FoundFeature>, FacetError>
  readonly decide: (request: DecideRequest) => Effect.Effect<Decision, FacetError>
  readonly calibrate: (request: CalibrateRequest) => Effect.Effect<Calibrated, FacetError>
  readonly embed: (request: EmbedRequest) => Effect.Effect<Embedding, FacetError>
  /** What probes read of a text. */
  readonly features: (request: FeaturesRequest) => Effect.Effect<Features, FacetError>
  /** A prompt as the model would read it. */
  readonly render: (request: RenderRequest) => Effect.Effect<RenderedPrompt, FacetError>
  /** The text of token ids, without control tokens. */
  readonly detokenise: (request: DetokeniseRequest) => Effect.Effect<string, FacetError>
  readonly stats: Effect.Effect<EngineStats, FacetError>
  /** What a model is and runs on; opens it, unless it is open. */
  readonly describe: (model: ModelRef) => Effect.Effect<ModelDescription, FacetError>
}

export class Engine extends Context.Service<Engine, EngineService>()("@facet/sdk/Engine") {}
