/** The engine on this machine: models, caches and autoencoders on one thread. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { readModel } from "../architectures/readModel.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { DeviceCandidate, Runtime } from "../runtime/Runtime.ts"
import type { Head } from "../graph/Decoder.ts"
import type { SaeEntry } from "../scope/Catalogue.ts"
import { chooseSae } from "../scope/chooseSae.ts"
import type { Checksums } from "../words/Checksums.ts"
import { checked } from "../words/checked.ts"
import { checkForm } from "../words/checkForm.ts"
import { checkNumber } from "../words/Checks.ts"
import type { ModelDescription } from "../words/ModelDescription.ts"
import type { Calibrated } from "../words/Calibration.ts"
import type { Decision } from "../words/Decision.ts"
import type { Embedding } from "../words/Embedding.ts"
import type { Features, FeaturesRequest } from "../words/Features.ts"
import type { EngineService } from "../words/Engine.ts"
import type { EngineSettings } from "../words/EngineSettings.ts"
import {
  asFacetError,
  causedByInterventions,
  type FacetError,
  GuardTimeoutError,
  InvalidRequestError,
  invalidRequest,
  ModelFileError,
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
  GenerateRequest,
  InspectRequest,
  JudgeRequest,
  ModelRef,
  RenderRequest,
  ScoreRequest,
  TraceRequest,
} from "../words/Request.ts"
import { readQuestions } from "../words/readQuestions.ts"
import type { Score } from "../words/Score.ts"
import { checkLayer, type Site, siteKey } from "../words/Site.ts"
import type { Trace } from "../words/Trace.ts"
import type { Verdict } from "../words/Verdict.ts"
import { Afterwork } from "./Afterwork.ts"
import { calibrate, readExamples } from "./calibrate.ts"
import { decide } from "./decide.ts"
import { decode } from "./decode.ts"
import { Devices } from "./Devices.ts"
import { embeddingLayer, embedText, isEmptyText } from "./embedText.ts"
import type { Permit } from "./FairLock.ts"
import { checkGuard } from "./checkGuard.ts"
import { checkProbes } from "./checkProbes.ts"
import { Interventions } from "./Interventions.ts"
import { inSlices } from "../words/inSlices.ts"
import { judge } from "./judge.ts"
import { Lanes } from "./Lanes.ts"
import { type Openings, OpenModel } from "./OpenModel.ts"
import { OpenSae } from "./OpenSae.ts"
import { ownQuestions, type QuestionsEngine } from "./questionLogits.ts"
import { poolText, probeSite } from "./poolText.ts"
import { checkVocabulary, promptTokens, rawTokens } from "./RequestTokens.ts"
import { type Asked, Scheduler } from "./Scheduler.ts"
import { resolveInterventions } from "./resolveInterventions.ts"
import { SaeFeatures } from "./SaeFeatures.ts"
import { scoreText } from "./scoreText.ts"
import { decodeInSlices, spell } from "./spell.ts"
import { checkDevice, checkKnowable } from "./SelfCheck.ts"
import { traceText } from "./traceText.ts"
import { Tracer, type TraceTarget } from "./Tracer.ts"

/** What an engine is made of, on the thread where it runs. */
export interface EngineOptions extends Pick<
  EngineSettings,
  "queue" | "active" | "cacheBytes" | "judging" | "lanes" | "reuse" | "speculate"
> {
  /** Tried in this order. */
  readonly devices: ReadonlyArray<DeviceCandidate>
  /** What to do where none of them works, in a sentence. */
  readonly elsewhere?: string
  /** Makes a runtime that computes rightly, where there is one: what a folder does not know of itself, it tells. */
  readonly reference?: () => Runtime
  readonly openFolder: (
    source: string,
    onProgress: (progress: Progress) => void,
    sha256?: Checksums,
  ) => Promise<ModelFiles>
  readonly openScope: (
    scope: string,
    given: Partial<Site>,
    onProgress: (progress: Progress) => void,
    sha256?: Checksums,
  ) => Promise<Scope>
}

/** Features a token when nobody says how many. */
const defaultTopK = 5

const alternativeCount = { min: 0, max: mostAlternatives, integer: true }

const featureCount = { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true }

/** What writes may judge, too: a head that is not read costs nothing, and one folder is opened once. */
const heads: Readonly<Record<ModelRef["use"], ReadonlyArray<Head>>> = {
  text: ["vocabulary", "candidates"],
  guard: ["candidates"],
}

/** Parts that wait for a slow reader before the generation pauses. */
const buffered = 16

interface Loaded {
  readonly model: OpenModel
  readonly scope: Scope | undefined
}

interface Scope {
  readonly files: ModelFiles
  readonly entries: ReadonlyArray<SaeEntry>
}

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
  readonly #models = new Map<string, Promise<Loaded>>()
  /** The models of {@link #models}, by their folders: one folder may have several uses. */
  readonly #folders = new Map<string, Promise<OpenModel>>()
  /** Those that have come. */
  readonly #opened = new Set<OpenModel>()
  readonly #lanes = new Map<OpenModel, Lanes>()
  readonly #saes = new Map<string, Promise<OpenSae>>()
  readonly #features = new Map<string, Promise<SaeFeatures>>()

  constructor(options: EngineOptions) {
    this.#options = options
    this.#scheduler = new Scheduler(options)
    this.#devices = new Devices(options.devices, options.elsewhere)
    this.#afterwork = new Afterwork(this.#scheduler)
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
        this.#loaded(ref, (progress) => void Queue.offerUnsafe(queue, progress)),
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
        () => Effect.flatMap(this.#loaded(request.model), ({ model }) => this.#judge(model, request)),
        { ...askedBy(request), isNested: request.isNested },
      ),
    )

  /** Within the time that judging may take. */
  #judge(model: OpenModel, request: JudgeRequest): Effect.Effect<Verdict, FacetError> {
    const { timeoutMs } = this.#options.judging
    const judged = Effect.andThen(this.#openForProbes(model, request), judge(this.#scheduler, model, request))
    return Effect.timeoutOrElse(judged, {
      duration: timeoutMs,
      orElse: () => Effect.fail(new GuardTimeoutError({ milliseconds: timeoutMs })),
    })
  }

  #openForProbes(model: OpenModel, { policies }: JudgeRequest): Effect.Effect<void, FacetError> {
    const probed = policies.filter(({ probe }) => probe !== undefined)
    if (probed.length === 0) return Effect.void
    return Effect.flatMap(checkProbes(model, probed), (sites) => this.#openFor(model, sites))
  }

  readonly inspect = (request: InspectRequest): Effect.Effect<Trace, FacetError> => {
    const self = this
    return this.#scheduler.admit(
      () =>
        Effect.gen(function* () {
          const topK = request.topK ?? defaultTopK
          yield* checked(() => checkNumber("topK", topK, featureCount))
          const { model, scope } = yield* self.#loaded(request.model)
          const tokens = yield* tokensOf(model, request.text)
          const sae = topK === 0 ? undefined : yield* self.#sae(model, scope, request)
          const site = sae === undefined ? yield* checked(() => rawSite(model, request)) : sae.entry
          const interventions = yield* self.#interventions(request, model, scope)
          yield* self.#openFor(model, [site], interventions)
          const { activations } = request
          const where = { layer: site.layer, site: site.site }
          const scheduler = self.#scheduler
          const tracing = traceText({ scheduler, model, tokens, site: where, sae, topK, interventions, activations })
          return yield* told(tracing, interventions)
        }),
      askedBy(request),
    )
  }

  readonly score = (request: ScoreRequest): Effect.Effect<Score, FacetError> => {
    const self = this
    return this.#scheduler.admit(
      () =>
        Effect.gen(function* () {
          const { alternatives, text } = request
          if (alternatives !== undefined)
            yield* checked(() => checkNumber("alternatives", alternatives, alternativeCount))
          const { model, scope } = yield* self.#loaded(request.model)
          const tokens = yield* tokensOf(model, text)
          const interventions = yield* self.#interventions(request, model, scope)
          yield* self.#openFor(model, [], interventions)
          const scoring = scoreText({ scheduler: self.#scheduler, model, tokens, interventions, alternatives })
          return yield* told(scoring, interventions)
        }),
      askedBy(request),
    )
  }

  readonly decide = (request: DecideRequest): Effect.Effect<Decision, FacetError> =>
    Effect.flatMap(
      checked(() => readQuestions(request.questions)),
      (questions) => {
        const asked = { ...request, questions: ownQuestions(request.model, questions) }
        return this.#scheduler.admit(
          () => Effect.flatMap(this.#loaded(request.model), ({ model }) => decide(this.#asker, model, asked)),
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
            Effect.flatMap(this.#loaded(request.model), ({ model }) =>
              calibrate(this.#asker, model, request, own, examples),
            ),
          askedBy(request),
        ),
    )

  readonly render = (request: RenderRequest): Effect.Effect<RenderedPrompt, FacetError> =>
    this.#scheduler.admit(
      () =>
        Effect.gen({ self: this }, function* () {
          const { model } = yield* this.#loaded(request.model)
          const tokens = yield* inSlices(() => promptTokens(model, request))
          return { tokens, text: yield* inSlices(() => spell(model.tokenizer, tokens)) }
        }),
      askedBy(request),
    )

  readonly detokenise = (request: DetokeniseRequest): Effect.Effect<string, FacetError> =>
    this.#scheduler.admit(
      () =>
        Effect.gen({ self: this }, function* () {
          const { model } = yield* this.#loaded(request.model)
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
          const { model } = yield* self.#loaded(request.model)
          const site = yield* checked(() => embeddingSite(model, request))
          const tokens = yield* inSlices(() => rawTokens(model, request.text, "text"))
          // A text without tokens is not run, and so needs no tap, which may cost a new session.
          if (!isEmptyText(tokens)) yield* self.#openFor(model, [site])
          return yield* embedText({ scheduler: self.#scheduler, model, tokens, site })
        }),
      askedBy(request),
    )
  }

  readonly features = (request: FeaturesRequest): Effect.Effect<Features, FacetError> =>
    this.#scheduler.admit(
      () =>
        Effect.gen({ self: this }, function* () {
          const { model } = yield* this.#loaded(request.model)
          const layers = request.layers ?? Array.from({ length: model.config.layers }, (_, layer) => layer)
          yield* checked(() => layers.forEach((layer, i) => checkLayer(model.config.layers, layer, `layers[${i}]`)))
          const tokens = yield* inSlices(() => rawTokens(model, request.text, "text"))
          yield* this.#openFor(model, layers.map(probeSite))
          return yield* poolText({ scheduler: this.#scheduler, model, tokens, layers })
        }),
      askedBy(request),
    )

  readonly stats: Effect.Effect<EngineStats, FacetError> = Effect.sync(() => {
    const caches = Array.from(this.#opened, (model) => model.cache.stats)
    return {
      requests: this.#scheduler.admitted,
      cachedSequences: caches.reduce((sum, cache) => sum + cache.entries, 0),
      cachedBytes: caches.reduce((sum, cache) => sum + cache.bytes, 0),
    }
  })

  readonly describe = (ref: ModelRef): Effect.Effect<ModelDescription, FacetError> =>
    Effect.map(this.#loaded(ref), ({ model }) => ({
      architecture: model.architecture.title,
      contextLength: model.config.contextLength,
      leftOut: model.leftOut,
      device: { ...model.device, rejected: this.#devices.rejected },
    }))

  async close(): Promise<void> {
    await this.#afterwork.close()
    for (const opened of await Promise.allSettled(this.#saes.values())) {
      if (opened.status === "fulfilled") await opened.value.release()
    }
    await Promise.allSettled(this.#models.values())
    for (const model of this.#opened) await model.release()
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
      const { model, scope } = yield* self.#loaded(request.model)
      yield* checked(() => {
        checkGenerate(request, model.config.vocabSize)
        checkForm(request)
      })
      const interventions = yield* self.#interventions(request, model, scope)
      const tokens = yield* inSlices(() => promptTokens(model, request))
      const targets: Array<TraceTarget> = []
      for (const trace of request.traces) {
        const topK = trace.topK ?? defaultTopK
        const sae = yield* self.#sae(model, scope, trace)
        yield* checked(() => checkNew(targets, sae))
        targets.push({ sae, topK })
      }
      const tracer = new Tracer(targets, self.#scheduler, model.tokenizer)
      yield* self.#openFor(model, tracer.sites, interventions)
      const offer = (part: EnginePart) =>
        Queue.isFullUnsafe(queue) ? place.without(Queue.offer(queue, part)) : Queue.offer(queue, part)
      const emit = (part: EnginePart) => Effect.asVoid(offer(part))
      const scheduler = self.#scheduler
      const onWritten = (written: ReadonlyArray<number>) => self.#onWritten(model, request, written, interventions)
      const mostDrafted = self.#options.speculate ? model.mostDrafted : 0
      const { constraint } = request
      const automaton = constraint === undefined ? undefined : yield* inSlices(() => model.constraints.open(constraint))
      const lanes = self.#lanes.get(model)
      const how = { interventions, lanes, mostDrafted, automaton, emit, onWritten, startedAt }
      yield* told(decode({ model, scheduler, tracer, tokens, request, ...how }), interventions)
    })
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

  /** A model is opened once, whoever asks first; the others wait for the same opening. A failed one may be retried. */
  #loaded(ref: ModelRef, onProgress: (progress: Progress) => void = () => {}): Effect.Effect<Loaded, FacetError> {
    const key = JSON.stringify([ref.source, ref.use, ref.scope, ref.site, ref.layer, ref.isTrusted])
    return this.#once(this.#models, key, () => this.#open(ref, onProgress))
  }

  async #open(ref: ModelRef, onProgress: (progress: Progress) => void): Promise<Loaded> {
    const files = await this.#options.openFolder(ref.source, onProgress, ref.sha256)
    if (ref.use === "guard") await checkJudge(files)
    const { openScope } = this.#options
    const scope =
      ref.scope === undefined ? undefined : await openScope(ref.scope, given(ref), onProgress, ref.scopeSha256)
    const wanted = { heads: heads[ref.use], taps: uniqueSites(scope?.entries ?? []) }
    const opening = this.#folders.get(files.root)
    const model = await (opening ?? remember(this.#folders, files.root, this.#openModel(files, wanted, onProgress)))
    // One that judges may be asked to write, too.
    if (!model.isOpenFor(wanted)) await this.#alone("Opening the model for more", () => model.openFor(wanted))
    if (ref.use === "guard" && ref.isTrusted !== true) await this.#alone("Checking the guard", () => checkGuard(model))
    return { model, scope }
  }

  /** Does something with a model that others may have open, when its turn comes. */
  #alone(operation: string, work: () => Promise<void>): Promise<void> {
    return Effect.runPromise(this.#scheduler.step(operation, work))
  }

  async #openModel(
    files: ModelFiles,
    { heads, taps }: Pick<Openings, "heads" | "taps">,
    onProgress: (progress: Progress) => void,
  ): Promise<OpenModel> {
    const { cacheBytes, lanes, reference, reuse } = this.#options
    const model = await this.#devices.open(async (runtime) => {
      if (runtime.needsSelfCheck) await checkKnowable(runtime, files)
      const opened = await OpenModel.open({ files, runtime, heads, cacheBytes, lanes, reuse }, taps, onProgress)
      if (runtime.needsSelfCheck) await releasedUnless(opened, () => checkDevice(opened, files, reference))
      return opened
    })
    this.#opened.add(model)
    if (model.lanes > 1) this.#lanes.set(model, new Lanes(model, this.#scheduler))
    return model
  }

  #sae(model: OpenModel, scope: Scope | undefined, wanted: TraceRequest): Effect.Effect<OpenSae, FacetError> {
    const self = this
    return Effect.gen(function* () {
      if (wanted.layer !== undefined) yield* checked(() => checkLayer(model.config.layers, wanted.layer ?? 0))
      if (scope === undefined) return yield* Effect.fail(noScope(model))
      const entry = yield* Effect.tryPromise({
        try: () => chooseSae(scope, given(wanted)),
        catch: (cause) => asFacetError("Choosing an autoencoder", cause),
      })
      const key = JSON.stringify([scope.files.root, entry.file])
      return yield* self.#once(self.#saes, key, () =>
        OpenSae.open(self.#devices.runtime, scope.files, entry, model.config),
      )
    })
  }

  /** Features are looked up where the model's autoencoders are; a request that changes nothing costs nothing. */
  #interventions(
    { interventions }: Pick<GenerateRequest, "interventions">,
    model: OpenModel,
    scope: Scope | undefined,
  ): Effect.Effect<Interventions, FacetError> {
    if (interventions === undefined || interventions.length === 0) return Effect.succeed(Interventions.none)
    const { config } = model
    const featuresAt = async (place: Partial<Site>): Promise<SaeFeatures> => {
      if (scope === undefined) throw noScope(model)
      const { files } = scope
      const entry = await chooseSae(scope, place)
      const key = JSON.stringify([files.root, entry.file])
      const opening = this.#features.get(key)
      return opening ?? remember(this.#features, key, SaeFeatures.open(files, entry, config))
    }
    return Effect.tryPromise({
      try: () => resolveInterventions(interventions, { config, featuresAt }),
      catch: (cause) => asFacetError("Reading the interventions", cause),
    })
  }

  #openFor(
    model: OpenModel,
    taps: ReadonlyArray<Site>,
    interventions = Interventions.none,
  ): Effect.Effect<void, FacetError> {
    const { sites } = interventions
    const wanted = { taps, interventions: sites }
    return model.isOpenFor(wanted)
      ? Effect.void
      : this.#scheduler.step("Opening the model for more sites", () => model.openFor(wanted))
  }

  #once<A>(map: Map<string, Promise<A>>, key: string, open: () => Promise<A>): Effect.Effect<A, FacetError> {
    return Effect.suspend(() => {
      const opening = map.get(key) ?? remember(map, key, open())
      return Effect.tryPromise({ try: () => opening, catch: (cause) => asFacetError("Opening a model", cause) })
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
}

/** Another model would answer ShieldGemma's question, too, and mean nothing by it. */
async function checkJudge(files: ModelFiles): Promise<void> {
  const { architecture } = await readModel(files)
  if (architecture.judges) return
  throw new ModelFileError({
    file: files.root,
    problem: `it holds a ${architecture.title}, and what judges is a ShieldGemma`,
    remedy: "Open a ShieldGemma of the first generation (google/shieldgemma-2b) as the guard.",
  })
}

/** A model that fails its check is not left open. */
async function releasedUnless(model: OpenModel, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (cause) {
    await model.release()
    throw cause
  }
}

function remember<A>(map: Map<string, Promise<A>>, key: string, opening: Promise<A>): Promise<A> {
  map.set(key, opening)
  opening.catch(() => map.delete(key))
  return opening
}

const given = ({ layer, site }: Pick<TraceRequest, "layer" | "site">): Partial<Site> => ({
  ...(layer === undefined ? {} : { layer }),
  ...(site === undefined ? {} : { site }),
})

/** Two traces of one site would be told apart by nobody. */
function checkNew(targets: ReadonlyArray<TraceTarget>, { entry }: OpenSae): void {
  const isKnown = targets.some(({ sae }) => sae.entry.layer === entry.layer && sae.entry.site === entry.site)
  if (isKnown) throw invalidRequest("trace", `${entry.site} at layer ${entry.layer} comes twice`, "Ask for it once.")
}

const noScope = (model: OpenModel) =>
  new InvalidRequestError({
    option: "scope",
    problem: `no autoencoders were opened for ${model.root}`,
    remedy: "Open it with `scope`: a Gemma Scope folder or one params.npz.",
  })

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

function uniqueSites(entries: ReadonlyArray<SaeEntry>): ReadonlyArray<Site> {
  const sites = new Map(entries.map(({ layer, site }) => [siteKey({ layer, site }), { layer, site }]))
  return [...sites.values()]
}

/** A request of nobody's is its salt's. */
const askedBy = ({ cacheSalt = "", client }: Asking): Asked => ({
  client: client ?? (cacheSalt === "" ? undefined : cacheSalt),
})
