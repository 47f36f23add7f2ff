/** The engine: models, caches and autoencoders on one thread, behind the six things it can be asked. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Cause from "effect/Cause"
import * as Stream from "effect/Stream"
import { asFacetError, type FacetError, InvalidRequestError, invalidRequest } from "../Errors.ts"
import type { Site } from "../graph/Sites.ts"
import { checkLayer } from "../graph/Sites.ts"
import type { Device } from "../Device.ts"
import type { Embedding } from "../Embedding.ts"
import type { EnginePart } from "../Generation.ts"
import type { ModelFiles } from "../hub/ModelFiles.ts"
import { renderChat } from "../model/ChatTemplate.ts"
import { toMessages } from "../promptTexts.ts"
import { chooseSae, type SaeEntry } from "../scope/Catalogue.ts"
import type { Score } from "../Score.ts"
import type { Trace } from "../Trace.ts"
import type { Verdict } from "../Verdict.ts"
import { classify } from "./Classify.ts"
import { decode } from "./Decode.ts"
import { type DeviceCandidate, Devices } from "./Devices.ts"
import { embeddingLayer, embedText, isEmptyText } from "./EmbedText.ts"
import { inspect } from "./Inspect.ts"
import { OpenModel } from "./OpenModel.ts"
import type {
  ClassifyRequest,
  EmbedRequest,
  EngineStats,
  GenerateRequest,
  InspectRequest,
  ModelRef,
  Progress,
  ScoreRequest,
  TraceRequest,
} from "./Request.ts"
import { Sae } from "./Sae.ts"
import { checkDevice, checkKnowable } from "./SelfCheck.ts"
import { checked } from "../RequestError.ts"
import { checkGenerate, checkTopK, checkVocabulary } from "./RequestCheck.ts"
import type { Lease } from "./FairLock.ts"
import { Scheduler } from "./Scheduler.ts"
import { scoreText } from "./ScoreText.ts"
import { Tracer, type TraceTarget } from "./Tracer.ts"

/** What effects are made of. One engine serves any number of requests and models. */
export class Engine extends Context.Service<
  Engine,
  {
    /** Opens a model, unless it is open, and says how far that has come. */
    readonly load: (model: ModelRef) => Stream.Stream<Progress, FacetError>
    readonly generate: (request: GenerateRequest) => Stream.Stream<EnginePart, FacetError>
    readonly classify: (request: ClassifyRequest) => Effect.Effect<Verdict, FacetError>
    readonly inspect: (request: InspectRequest) => Effect.Effect<Trace, FacetError>
    readonly score: (request: ScoreRequest) => Effect.Effect<Score, FacetError>
    readonly embed: (request: EmbedRequest) => Effect.Effect<Embedding, FacetError>
    readonly stats: Effect.Effect<EngineStats, FacetError>
    /** What a model runs on; opens it, unless it is open. */
    readonly device: (model: ModelRef) => Effect.Effect<Device, FacetError>
  }
>()("@facet/sdk/Engine") {}

export interface EngineOptions {
  /** Tried in this order. */
  readonly devices: ReadonlyArray<DeviceCandidate>
  readonly openFolder: (path: string, onProgress: (progress: Progress) => void) => Promise<ModelFiles>
  readonly openScope: (path: string, given: Partial<Site>, onProgress: (progress: Progress) => void) => Promise<Scope>
  /** The most requests that may run or wait. */
  readonly queue: number
  /** The most requests under way at once. */
  readonly active: number
  /** The most bytes of keys and values that a model's prefix cache may keep. */
  readonly cacheBytes: number
}

/** Features a token when nobody says how many. */
const defaultTopK = 5

/** A folder of more autoencoders than this is opened site by site as they are asked for. */
const mostTapsAtOpen = 8

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
    (engine): Engine["Service"] => engine,
  )

class LocalEngine {
  readonly #options: EngineOptions
  readonly #scheduler: Scheduler
  readonly #devices: Devices
  readonly #models = new Map<string, Promise<Loaded>>()
  /** Those of {@link #models} that have come. */
  readonly #opened = new Set<OpenModel>()
  readonly #saes = new Map<string, Promise<Sae>>()

  constructor(options: EngineOptions) {
    this.#options = options
    this.#scheduler = new Scheduler(options)
    this.#devices = new Devices(options.devices)
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
        const decoding = this.#scheduler.admit((place) => this.#decode(request, queue, place, startedAt))
        return Effect.matchCauseEffect(decoding, {
          onFailure: (cause) => Queue.failCause(queue, cause),
          onSuccess: () => Queue.end(queue),
        })
      },
      { bufferSize: buffered },
    )

  readonly classify = (request: ClassifyRequest): Effect.Effect<Verdict, FacetError> =>
    this.#scheduler.admit(
      () => Effect.flatMap(this.#loaded(request.model), ({ model }) => classify(this.#scheduler, model, request)),
      request.isNested,
    )

  readonly inspect = (request: InspectRequest): Effect.Effect<Trace, FacetError> => {
    const self = this
    return this.#scheduler.admit(() =>
      Effect.gen(function* () {
        const topK = request.topK ?? defaultTopK
        yield* checked(() => checkTopK("topK", topK, 0))
        const { model, scope } = yield* self.#loaded(request.model)
        const { text } = request
        const tokens = yield* checked(() =>
          typeof text === "string" ? rawTokens(model, text) : checkVocabulary("text", text, model.config),
        )
        const sae = topK === 0 ? undefined : yield* self.#sae(model, scope, request)
        const site = sae === undefined ? yield* checked(() => rawSite(model, request)) : sae.entry
        yield* self.#tap(model, [site])
        const { activations } = request
        const where = { layer: site.layer, site: site.site }
        return yield* inspect({ scheduler: self.#scheduler, model, tokens, site: where, sae, topK, activations })
      }),
    )
  }

  readonly score = (request: ScoreRequest): Effect.Effect<Score, FacetError> =>
    this.#scheduler.admit(() =>
      Effect.flatMap(this.#loaded(request.model), ({ model }) =>
        Effect.flatMap(
          checked(() => rawTokens(model, request.text)),
          (tokens) => scoreText(this.#scheduler, model, tokens),
        ),
      ),
    )

  readonly embed = (request: EmbedRequest): Effect.Effect<Embedding, FacetError> => {
    const self = this
    return this.#scheduler.admit(() =>
      Effect.gen(function* () {
        const { model } = yield* self.#loaded(request.model)
        const site = yield* checked(() => embeddingSite(model, request))
        const tokens = yield* checked(() => rawTokens(model, request.text))
        // A text without tokens is not run, and so needs no tap, which may cost a new session.
        if (!isEmptyText(tokens)) yield* self.#tap(model, [site])
        return yield* embedText({ scheduler: self.#scheduler, model, tokens, site })
      }),
    )
  }

  readonly stats: Effect.Effect<EngineStats, FacetError> = Effect.sync(() => {
    const caches = Array.from(this.#opened, (model) => model.cache.stats)
    return {
      requests: this.#scheduler.admitted,
      cachedSequences: caches.reduce((sum, cache) => sum + cache.entries, 0),
      cachedBytes: caches.reduce((sum, cache) => sum + cache.bytes, 0),
    }
  })

  readonly device = (ref: ModelRef): Effect.Effect<Device, FacetError> =>
    Effect.map(this.#loaded(ref), ({ model }) => ({ ...model.device, rejected: this.#devices.rejected }))

  async close(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#saes.values())) {
      if (opened.status === "fulfilled") await opened.value.release()
    }
    for (const opened of await Promise.allSettled(this.#models.values())) {
      if (opened.status === "fulfilled") await opened.value.model.release()
    }
    await this.#devices.release()
  }

  #decode(
    request: GenerateRequest,
    queue: Queue.Queue<EnginePart, FacetError | Cause.Done>,
    place: Lease,
    startedAt: number,
  ) {
    const self = this
    return Effect.gen(function* () {
      const { model, scope } = yield* self.#loaded(request.model)
      yield* checked(() => checkGenerate(request, model.config.vocabSize))
      const tokens = yield* checked(() => promptTokens(model, request))
      const targets: Array<TraceTarget> = []
      for (const trace of request.traces) {
        const topK = trace.topK ?? defaultTopK
        const sae = yield* self.#sae(model, scope, trace)
        yield* checked(() => checkNew(targets, sae))
        targets.push({ sae, topK })
      }
      const tracer = new Tracer(targets, self.#scheduler, model.tokenizer)
      yield* self.#tap(model, tracer.sites)
      const offer = (part: EnginePart) =>
        Queue.isFullUnsafe(queue) ? place.without(Queue.offer(queue, part)) : Queue.offer(queue, part)
      const emit = (part: EnginePart) => Effect.asVoid(offer(part))
      yield* decode({ model, scheduler: self.#scheduler, tracer, tokens, request, emit, startedAt })
    })
  }

  /** A model is opened once, whoever asks first; the others wait for the same opening. A failed one may be retried. */
  #loaded(ref: ModelRef, onProgress: (progress: Progress) => void = () => {}): Effect.Effect<Loaded, FacetError> {
    const key = JSON.stringify([ref.folder, ref.use, ref.scope, ref.site, ref.layer])
    return this.#once(this.#models, key, () => this.#open(ref, onProgress))
  }

  async #open(ref: ModelRef, onProgress: (progress: Progress) => void): Promise<Loaded> {
    const files = await this.#options.openFolder(ref.folder, onProgress)
    const scope = ref.scope === undefined ? undefined : await this.#options.openScope(ref.scope, given(ref), onProgress)
    const sites = uniqueSites(scope?.entries ?? [])
    const head = ref.use === "guard" ? "candidates" : "vocabulary"
    const { cacheBytes } = this.#options
    const taps = sites.length <= mostTapsAtOpen ? sites : []
    const model = await this.#devices.open(async (runtime) => {
      if (runtime.needsSelfCheck) await checkKnowable(runtime, files)
      const opened = await OpenModel.open({ files, runtime, head, cacheBytes }, taps, onProgress)
      if (runtime.needsSelfCheck) await releasedUnless(opened, () => checkDevice(opened, files))
      return opened
    })
    this.#opened.add(model)
    return { model, scope }
  }

  #sae(model: OpenModel, scope: Scope | undefined, wanted: TraceRequest): Effect.Effect<Sae, FacetError> {
    const self = this
    return Effect.gen(function* () {
      if (wanted.layer !== undefined) yield* checked(() => checkLayer(model.config, wanted.layer ?? 0))
      if (scope === undefined) return yield* noScope(model)
      const entry = yield* checked(() => chooseSae(scope.entries, given(wanted)))
      const key = JSON.stringify([scope.files.root, entry.file])
      return yield* self.#once(self.#saes, key, () => Sae.open(self.#devices.runtime, scope.files, entry, model.config))
    })
  }

  #tap(model: OpenModel, sites: ReadonlyArray<Site>): Effect.Effect<void, FacetError> {
    return model.hasTaps(sites)
      ? Effect.void
      : this.#scheduler.step("Opening the model with more taps", () => model.addTaps(sites))
  }

  #once<A>(map: Map<string, Promise<A>>, key: string, open: () => Promise<A>): Effect.Effect<A, FacetError> {
    return Effect.suspend(() => {
      const opening = map.get(key) ?? remember(map, key, open())
      return Effect.tryPromise({ try: () => opening, catch: (cause) => asFacetError("Opening a model", cause) })
    })
  }
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
function checkNew(targets: ReadonlyArray<TraceTarget>, { entry }: Sae): void {
  const isKnown = targets.some(({ sae }) => sae.entry.layer === entry.layer && sae.entry.site === entry.site)
  if (isKnown) throw invalidRequest("trace", `${entry.site} at layer ${entry.layer} comes twice`, "Ask for it once.")
}

const noScope = (model: OpenModel) =>
  Effect.fail(
    new InvalidRequestError({
      option: "scope",
      problem: `no autoencoders were opened for ${model.root}`,
      remedy: "Open it with `scope`: a Gemma Scope folder or one params.npz.",
    }),
  )

function rawSite(model: OpenModel, request: InspectRequest): Site {
  if (request.layer === undefined) {
    throw new InvalidRequestError({
      option: "layer",
      problem: "without features (`topK: 0`) no autoencoder says which layer is meant, and none was named",
      remedy: `Use a whole number from 0 to ${model.config.layers - 1}.`,
    })
  }
  checkLayer(model.config, request.layer)
  return { layer: request.layer, site: request.site ?? "resid_post" }
}

function embeddingSite(model: OpenModel, { layer }: EmbedRequest): Site {
  if (layer !== undefined) checkLayer(model.config, layer)
  return { layer: layer ?? embeddingLayer(model.config), site: "resid_post" }
}

const rawTokens = (model: OpenModel, text: string): ReadonlyArray<number> => [
  model.config.bosId,
  ...model.tokenizer.encodePlain(text),
]

function promptTokens(model: OpenModel, { prompt, template }: GenerateRequest): ReadonlyArray<number> {
  if (template !== "none") return renderChat(model.tokenizer, toMessages(prompt), { addGenerationPrompt: true })
  if (typeof prompt === "string") return rawTokens(model, prompt)
  throw new InvalidRequestError({
    option: "prompt",
    problem: "a chat cannot do without its template",
    remedy: 'Pass a text with `template: "none"`, or the chat without it.',
  })
}

function uniqueSites(entries: ReadonlyArray<SaeEntry>): ReadonlyArray<Site> {
  const sites = new Map(entries.map(({ layer, site }) => [`${site}.${layer}`, { layer, site }]))
  return [...sites.values()]
}
