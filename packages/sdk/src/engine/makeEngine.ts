/** The engine on this machine: models, caches and autoencoders on one thread. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { checked } from "../words/checked.ts"
import { checkForm } from "../words/checkForm.ts"
import { checkNumber } from "../words/Checks.ts"
import type { InterventionRequest } from "../words/Intervention.ts"
import { checkPolicyDetails } from "../words/checkPolicyDetails.ts"
import type { ModelDescription } from "../words/ModelDescription.ts"
import type { Calibrated } from "../words/Calibration.ts"
import type { Decision } from "../words/Decision.ts"
import type { Embedding } from "../words/Embedding.ts"
import type { Features, FeaturesRequest } from "../words/Features.ts"
import type { EngineService } from "../words/Engine.ts"
import {
  causedByInterventions,
  type FacetError,
  GuardTimeoutError,
  InvalidRequestError,
  invalidRequest,
} from "../words/Errors.ts"
import { checkGenerate, mostAlternatives } from "../words/GenerateOptions.ts"
import type { EnginePart } from "../words/Generation.ts"
import { checkJudgedLength, checkPolicyCount, type JudgingLimits } from "../words/JudgingLimits.ts"
import type { Progress } from "../words/Progress.ts"
import { isTokenPrompt } from "../words/Prompt.ts"
import type { RenderedPrompt } from "../words/RenderedPrompt.ts"
import type {
  Asking,
  CalibrateRequest,
  DecideRequest,
  DetokeniseRequest,
  EmbedRequest,
  EngineStats,
  FeatureLogitsRequest,
  ReasonFeatures,
  GenerateRequest,
  InspectAllRequest,
  InspectRequest,
  JudgeRequest,
  LensRequest,
  ModelRef,
  RenderRequest,
  ScoreRequest,
} from "../words/Request.ts"
import { readQuestions } from "../words/readQuestions.ts"
import type { FeatureLogits, Lens } from "../words/Lens.ts"
import type { Score } from "../words/Score.ts"
import type { Probe } from "../words/Probe.ts"
import { checkLayer, type Site } from "../words/Site.ts"
import type { Trace } from "../words/Trace.ts"
import type { Verdict } from "../words/Verdict.ts"
import { Afterwork } from "./Afterwork.ts"
import { calibrate, readExamples } from "./calibrate.ts"
import { decide } from "./decide.ts"
import { decode } from "./decode.ts"
import { Devices } from "./Devices.ts"
import type { EngineOptions } from "./EngineOptions.ts"
import { embeddingLayer, embedText, isEmptyText } from "./embedText.ts"
import { checkWrites } from "./explain/checkWrites.ts"
import { checkWidth, type FeatureLook } from "./explain/explainFeatures.ts"
import { lastSite } from "./explain/unembed.ts"
import { featureLogits } from "./explain/featureLogits.ts"
import { lensText } from "./explain/lensText.ts"
import type { Permit } from "./FairLock.ts"
import { checkProbes } from "./checkProbes.ts"
import type { Interventions } from "./Interventions.ts"
import { inSlices } from "../words/inSlices.ts"
import { judge } from "./judge.ts"
import { Models } from "./Models.ts"
import type { OpenModel } from "./OpenModel.ts"
import type { OpenSae } from "./OpenSae.ts"
import { ownQuestions, type QuestionsEngine } from "./questionLogits.ts"
import { ProbeReader } from "./ProbeReader.ts"
import { poolText, probeSite } from "./poolText.ts"
import { checkVocabulary, promptTokens, rawTokens } from "./RequestTokens.ts"
import { type Asked, Scheduler } from "./Scheduler.ts"
import { Scopes, siteOf } from "./Scopes.ts"
import { scoreText } from "./scoreText.ts"
import { union } from "./SiteSets.ts"
import { decodeInSlices, spell } from "./spell.ts"
import { traceSites } from "./traceSites.ts"
import { traceText } from "./traceText.ts"
import { Tracer, type TraceTarget } from "./Tracer.ts"

/** Features a token when nobody says how many. */
const defaultTopK = 5

const alternativeCount = { min: 0, max: mostAlternatives, integer: true }

const featureCount = { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true }

/** Parts that wait for a slow reader before the generation pauses. */
const buffered = 16

export const makeEngine = (options: EngineOptions) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new LocalEngine(options)),
      (engine) => Effect.promise(() => engine.close()),
    ),
    (engine): EngineService => engine,
  )

class LocalEngine implements EngineService {
  readonly #options: EngineOptions
  readonly #scheduler: Scheduler
  readonly #devices: Devices
  readonly #afterwork: Afterwork
  readonly #asker: QuestionsEngine
  readonly #models: Models
  readonly #scopes: Scopes

  constructor(options: EngineOptions) {
    this.#options = options
    this.#scheduler = new Scheduler(options)
    this.#devices = new Devices(options.devices, options.elsewhere)
    this.#afterwork = new Afterwork(this.#scheduler)
    this.#models = new Models(options, this.#devices, this.#scheduler)
    this.#scopes = new Scopes(this.#devices, options.scopeBytes)
    this.#asker = {
      scheduler: this.#scheduler,
      judge: (model, request) =>
        Effect.andThen(
          checked(() => checkJudging(request, options.judging)),
          this.#judge(model, request),
        ),
    }
  }

  readonly load = (ref: ModelRef): Stream.Stream<Progress, FacetError> =>
    Stream.callback<Progress, FacetError>((queue) =>
      Effect.matchCauseEffect(
        this.#models.load(ref, (progress) => void Queue.offerUnsafe(queue, progress)),
        {
          onFailure: (cause) => Queue.failCause(queue, cause),
          onSuccess: () => Queue.end(queue),
        },
      ),
    )

  readonly generate = (request: GenerateRequest): Stream.Stream<EnginePart, FacetError> =>
    Stream.callback<EnginePart, FacetError>(
      (queue) => {
        const startedAt = performance.now()
        const decoding = this.#scheduler.admit(
          (place) => this.#decode(request, queue, place, startedAt),
          askedBy(request),
        )
        return Effect.matchCauseEffect(decoding, {
          onFailure: (cause) => Queue.failCause(queue, cause),
          onSuccess: () => Queue.end(queue),
        })
      },
      { bufferSize: buffered },
    )

  readonly judge = (request: JudgeRequest): Effect.Effect<Verdict, FacetError> =>
    Effect.andThen(
      checked(() => checkJudging(request, this.#options.judging)),
      this.#scheduler.admit(
        () => Effect.flatMap(this.#models.load(request.model), ({ model }) => this.#judge(model, request)),
        { ...askedBy(request), isNested: request.isNested },
      ),
    )

  /** Within the time that judging may take. */
  #judge(model: OpenModel, request: JudgeRequest): Effect.Effect<Verdict, FacetError> {
    const { timeoutMs } = this.#options.judging
    const judged = Effect.andThen(
      this.#openForProbes(model, request),
      judge(this.#scheduler, model, request, this.#lookInto),
    )
    return Effect.timeoutOrElse(judged, {
      duration: timeoutMs,
      orElse: () => Effect.fail(new GuardTimeoutError({ milliseconds: timeoutMs })),
    })
  }

  #openForProbes(model: OpenModel, { policies }: JudgeRequest): Effect.Effect<void, FacetError> {
    const probed = policies.filter(({ probe }) => probe !== undefined)
    if (probed.length === 0) return Effect.void
    return Effect.flatMap(checkProbes(model, probed), (sites) => this.#models.openFor(model, sites))
  }

  readonly #lookInto = (
    model: OpenModel,
    { of, topK, ...where }: ReasonFeatures,
  ): Effect.Effect<FeatureLook, FacetError> =>
    Effect.gen({ self: this }, function* () {
      const { scope } = yield* this.#models.load(of)
      const judging = { model, scope }
      const { sae: features } = yield* this.#scopes.features(judging, siteOf(where))
      yield* checked(() => checkWrites(features.site, "explain.site"))
      const row = yield* this.#scheduler.step("Reading the autoencoder", () => features.decoderRow(0))
      yield* checked(() => checkWidth(model, row))
      const sae = yield* this.#scopes.sae(judging, features.site)
      const taps = [features.site, lastSite(model)]
      const wanted = { taps, interventions: taps }
      if (!model.isOpenFor(wanted)) {
        yield* this.#scheduler.step("Opening the guard for its features", () => model.openFor(wanted))
      }
      const resolve = (interventions: ReadonlyArray<InterventionRequest>) =>
        this.#scopes.interventions({ interventions }, judging)
      return { scheduler: this.#scheduler, model, sae, features, topK, resolve }
    })

  readonly inspect = (request: InspectRequest): Effect.Effect<Trace, FacetError> => {
    const self = this
    return this.#scheduler.admit(
      () =>
        Effect.gen(function* () {
          const topK = request.topK ?? defaultTopK
          yield* checked(() => checkNumber("topK", topK, featureCount))
          const loaded = yield* self.#models.load(request.model)
          const { model } = loaded
          const tokens = yield* tokensOf(model, request.text)
          const sae = topK === 0 ? undefined : yield* self.#scopes.sae(loaded, request)
          const site = sae === undefined ? yield* checked(() => rawSite(model, request)) : sae.entry
          const interventions = yield* self.#scopes.interventions(request, loaded)
          yield* self.#models.openFor(model, [site], interventions)
          const { activations } = request
          const where = { layer: site.layer, site: site.site }
          const scheduler = self.#scheduler
          const tracing = traceText({ scheduler, model, tokens, site: where, sae, topK, interventions, activations })
          return yield* told(tracing, interventions)
        }),
      askedBy(request),
    )
  }

  readonly inspectAll = (request: InspectAllRequest): Effect.Effect<ReadonlyArray<Trace>, FacetError> =>
    this.#scheduler.admit(
      () =>
        Effect.gen({ self: this }, function* () {
          const topK = request.topK ?? defaultTopK
          yield* checked(() => checkNumber("topK", topK, { ...featureCount, min: 1 }))
          const loaded = yield* this.#models.load(request.model)
          const { model } = loaded
          const tokens = yield* tokensOf(model, request.text)
          const saes = yield* this.#scopes.all(loaded)
          const interventions = yield* this.#scopes.interventions(request, loaded)
          const sites = saes.map(({ entry: { layer, site } }) => ({ layer, site }))
          yield* this.#models.openFor(model, sites, interventions)
          const scheduler = this.#scheduler
          return yield* told(traceSites({ scheduler, model, tokens, saes, topK, interventions }), interventions)
        }),
      askedBy(request),
    )

  readonly score = (request: ScoreRequest): Effect.Effect<Score, FacetError> => {
    const self = this
    return this.#scheduler.admit(
      () =>
        Effect.gen(function* () {
          const { alternatives, text } = request
          if (alternatives !== undefined)
            yield* checked(() => checkNumber("alternatives", alternatives, alternativeCount))
          const loaded = yield* self.#models.load(request.model)
          const { model } = loaded
          const tokens = yield* tokensOf(model, text)
          const interventions = yield* self.#scopes.interventions(request, loaded)
          yield* self.#models.openFor(model, [], interventions)
          const scoring = scoreText({ scheduler: self.#scheduler, model, tokens, interventions, alternatives })
          return yield* told(scoring, interventions)
        }),
      askedBy(request),
    )
  }

  readonly lens = (request: LensRequest): Effect.Effect<Lens, FacetError> =>
    this.#scheduler.admit(
      () =>
        Effect.gen({ self: this }, function* () {
          const loaded = yield* this.#models.load(request.model)
          const { model } = loaded
          const tokens = yield* tokensOf(model, request.text)
          const layers = request.layers ?? Array.from({ length: model.config.layers }, (_, layer) => layer)
          yield* checked(() => {
            for (const [i, layer] of layers.entries()) checkLayer(model.config.layers, layer, `layers[${i}]`)
          })
          const interventions = yield* this.#scopes.interventions(request, loaded)
          yield* this.#models.openFor(
            model,
            layers.map((layer) => ({ layer, site: "resid_post" })),
            interventions,
          )
          yield* this.#models.openToRead(model)
          const { topK } = request
          const scheduler = this.#scheduler
          return yield* told(lensText({ scheduler, model, tokens, layers, topK, interventions }), interventions)
        }),
      askedBy(request),
    )

  readonly featureLogits = (request: FeatureLogitsRequest): Effect.Effect<FeatureLogits, FacetError> =>
    this.#scheduler.admit(
      () =>
        Effect.gen({ self: this }, function* () {
          const loaded = yield* this.#models.load(request.model)
          const { model } = loaded
          const { features, topK } = request
          const found = yield* this.#scopes.features(loaded, siteOf(request))
          yield* checked(() => checkWrites(found.sae.site, "site"))
          yield* this.#models.openToRead(model)
          return yield* featureLogits({ scheduler: this.#scheduler, model, ...found, features, topK })
        }),
      askedBy(request),
    )

  readonly decide = (request: DecideRequest): Effect.Effect<Decision, FacetError> =>
    Effect.flatMap(
      checked(() => readQuestions(request.questions)),
      (questions) => {
        const asked = { ...request, questions: ownQuestions(request.model, questions) }
        return this.#scheduler.admit(
          () => Effect.flatMap(this.#models.load(request.model), ({ model }) => decide(this.#asker, model, asked)),
          askedBy(request),
        )
      },
    )

  readonly calibrate = (request: CalibrateRequest): Effect.Effect<Calibrated, FacetError> =>
    Effect.flatMap(
      checked(() => {
        const questions = readQuestions(request.questions)
        return { own: ownQuestions(request.model, questions), examples: readExamples(questions, request.examples) }
      }),
      ({ examples, own }) =>
        this.#scheduler.admit(
          () =>
            Effect.flatMap(this.#models.load(request.model), ({ model }) =>
              calibrate(this.#asker, model, request, own, examples),
            ),
          askedBy(request),
        ),
    )

  readonly render = (request: RenderRequest): Effect.Effect<RenderedPrompt, FacetError> =>
    this.#scheduler.admit(
      () =>
        Effect.gen({ self: this }, function* () {
          const { model } = yield* this.#models.load(request.model)
          const tokens = yield* inSlices(() => promptTokens(model, request))
          return { tokens, text: yield* inSlices(() => spell(model.tokenizer, tokens)) }
        }),
      askedBy(request),
    )

  readonly detokenise = (request: DetokeniseRequest): Effect.Effect<string, FacetError> =>
    this.#scheduler.admit(
      () =>
        Effect.gen({ self: this }, function* () {
          const { model } = yield* this.#models.load(request.model)
          const tokens = yield* checked(() => checkVocabulary("tokens", request.tokens, model.config.vocabSize))
          return yield* inSlices(() => decodeInSlices(model.tokenizer, tokens))
        }),
      askedBy(request),
    )

  readonly embed = (request: EmbedRequest): Effect.Effect<Embedding, FacetError> => {
    const self = this
    return this.#scheduler.admit(
      () =>
        Effect.gen(function* () {
          const { model } = yield* self.#models.load(request.model)
          const site = yield* checked(() => embeddingSite(model, request))
          const tokens = yield* inSlices(() => rawTokens(model, request.text, "text"))
          // A text without tokens is not run, and so needs no tap, which may cost a new session.
          if (!isEmptyText(tokens)) yield* self.#models.openFor(model, [site])
          return yield* embedText({ scheduler: self.#scheduler, model, tokens, site })
        }),
      askedBy(request),
    )
  }

  readonly features = (request: FeaturesRequest): Effect.Effect<Features, FacetError> =>
    this.#scheduler.admit(
      () =>
        Effect.gen({ self: this }, function* () {
          const { model } = yield* this.#models.load(request.model)
          const layers = request.layers ?? Array.from({ length: model.config.layers }, (_, layer) => layer)
          yield* checked(() => layers.forEach((layer, i) => checkLayer(model.config.layers, layer, `layers[${i}]`)))
          const tokens = yield* inSlices(() => rawTokens(model, request.text, "text"))
          yield* this.#models.openFor(model, layers.map(probeSite))
          return yield* poolText({ scheduler: this.#scheduler, model, tokens, layers })
        }),
      askedBy(request),
    )

  readonly stats: Effect.Effect<EngineStats, FacetError> = Effect.sync(() => {
    const caches = Array.from(this.#models.opened, (model) => model.cache.stats)
    return {
      requests: this.#scheduler.admitted,
      cachedSequences: caches.reduce((sum, cache) => sum + cache.entries, 0),
      cachedBytes: caches.reduce((sum, cache) => sum + cache.bytes, 0),
    }
  })

  readonly describe = (ref: ModelRef): Effect.Effect<ModelDescription, FacetError> =>
    Effect.map(this.#models.load(ref), ({ model }) => ({
      architecture: model.architecture.title,
      contextLength: model.config.contextLength,
      leftOut: model.leftOut,
      device: { ...model.device, rejected: this.#devices.rejected },
    }))

  async close(): Promise<void> {
    await this.#afterwork.close()
    await this.#scopes.release()
    await this.#models.release()
    await this.#devices.release()
  }

  #decode(
    request: GenerateRequest,
    queue: Queue.Queue<EnginePart, FacetError | Cause.Done>,
    place: Permit,
    startedAt: number,
  ) {
    const self = this
    return Effect.gen(function* () {
      const loaded = yield* self.#models.load(request.model)
      const { model } = loaded
      yield* checked(() => {
        checkGenerate(request, model.config.vocabSize)
        checkForm(request)
      })
      const interventions = yield* self.#scopes.interventions(request, loaded)
      const tokens = yield* inSlices(() => promptTokens(model, request))
      const targets: Array<TraceTarget> = []
      for (const trace of request.traces) {
        const topK = trace.topK ?? defaultTopK
        const saes = trace.isEvery === true ? yield* self.#scopes.all(loaded) : [yield* self.#scopes.sae(loaded, trace)]
        for (const sae of saes) {
          yield* checked(() => checkNew(targets, sae))
          targets.push({ sae, topK })
        }
      }
      const tracer = new Tracer(targets, self.#scheduler, model.tokenizer)
      const probed = yield* self.#probesOf(model, request)
      const probes = new ProbeReader(model, probed)
      yield* self.#models.openFor(model, union(tracer.sites, probes.sites), interventions)
      const offer = (part: EnginePart) =>
        Queue.isFullUnsafe(queue) ? place.without(Queue.offer(queue, part)) : Queue.offer(queue, part)
      const emit = (part: EnginePart) => Effect.asVoid(offer(part))
      const scheduler = self.#scheduler
      const onWritten = (written: ReadonlyArray<number>) => self.#onWritten(model, request, written, interventions)
      const mostDrafted = self.#options.speculate ? model.mostDrafted : 0
      const { constraint } = request
      const automaton = constraint === undefined ? undefined : yield* inSlices(() => model.constraints.open(constraint))
      const lanes = self.#models.lanesOf(model)
      const how = { probes, interventions, lanes, mostDrafted, automaton, emit, onWritten, startedAt }
      yield* told(decode({ model, scheduler, tracer, tokens, request, ...how }), interventions)
    })
  }

  #probesOf(model: OpenModel, { probes = [] }: GenerateRequest): Effect.Effect<ReadonlyArray<Probe>, FacetError> {
    if (probes.length === 0) return Effect.succeed([])
    return Effect.map(checkProbes(model, probes), () => probes.flatMap(({ probe }) => probe ?? []))
  }

  /** A chat may go on: its next turn begins with this one, closed. */
  #onWritten(
    model: OpenModel,
    { cacheSalt: salt, prompt, template }: GenerateRequest,
    tokens: ReadonlyArray<number>,
    interventions: Interventions,
  ): void {
    if (template === "none" || isTokenPrompt(prompt)) return
    const end = model.tokenizer.controls.get(model.architecture.endOfTurn)
    this.#afterwork.add({
      model,
      tokens: end === undefined ? tokens : [...tokens, end],
      interventions,
      salt: salt ?? "",
    })
  }
}

/** A text's, taken raw; or those that were given, as they are. */
const tokensOf = (
  model: OpenModel,
  text: string | ReadonlyArray<number>,
): Effect.Effect<ReadonlyArray<number>, FacetError> =>
  typeof text === "string"
    ? inSlices(() => rawTokens(model, text, "text"))
    : checked(() => checkVocabulary("text", text, model.config.vocabSize))

function checkJudging({ policies, prompt = "", response = "" }: JudgeRequest, limits: JudgingLimits): void {
  checkJudgedLength("prompt", prompt, limits)
  checkJudgedLength("response", response, limits)
  checkPolicyCount(policies, limits)
  for (const [i, policy] of policies.entries()) checkPolicyDetails(`policies[${i}]`, policy)
}

/** Two traces of one site would be told apart by nobody. */
function checkNew(targets: ReadonlyArray<TraceTarget>, { entry }: OpenSae): void {
  const isKnown = targets.some(({ sae }) => sae.entry.layer === entry.layer && sae.entry.site === entry.site)
  if (isKnown) throw invalidRequest("trace", `${entry.site} at layer ${entry.layer} comes twice`, "Ask for it once.")
}

/** Tells of numbers that are none what is the likelier cause of them. */
const told = <A>(work: Effect.Effect<A, FacetError>, { key }: Interventions): Effect.Effect<A, FacetError> =>
  key === "" ? work : Effect.mapError(work, causedByInterventions)

function rawSite(model: OpenModel, request: InspectRequest): Site {
  if (request.layer === undefined) {
    throw new InvalidRequestError({
      option: "layer",
      problem: "without features (`topK: 0`) no autoencoder says which layer is meant, and none was named",
      remedy: `Use a whole number from 0 to ${model.config.layers - 1}.`,
    })
  }
  checkLayer(model.config.layers, request.layer)
  return { layer: request.layer, site: request.site ?? "resid_post" }
}

function embeddingSite(model: OpenModel, { layer }: EmbedRequest): Site {
  if (layer !== undefined) checkLayer(model.config.layers, layer)
  return { layer: layer ?? embeddingLayer(model.config), site: "resid_post" }
}

/** A request of nobody's is its salt's. */
const askedBy = ({ cacheSalt = "", client }: Asking): Asked => ({
  client: client ?? (cacheSalt === "" ? undefined : cacheSalt),
})
