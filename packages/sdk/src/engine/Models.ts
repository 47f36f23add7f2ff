/** The models that an engine has open, and how they came to be. */
import * as Effect from "effect/Effect"
import { readModel } from "../architectures/readModel.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { Head } from "../graph/Decoder.ts"
import { asFacetError, type FacetError, InvalidRequestError, ModelFileError, ScopeFileError } from "../words/Errors.ts"
import type { Progress } from "../words/Progress.ts"
import type { ModelRef } from "../words/Request.ts"
import type { Site } from "../words/Site.ts"
import { checkGuard } from "./checkGuard.ts"
import type { Devices } from "./Devices.ts"
import type { EngineOptions } from "./EngineOptions.ts"
import { lastSite } from "./explain/unembed.ts"
import { Interventions } from "./Interventions.ts"
import { Lanes } from "./Lanes.ts"
import type { Openings } from "./ModelSession.ts"
import { OpenModel } from "./OpenModel.ts"
import { remember } from "./remember.ts"
import type { Scheduler } from "./Scheduler.ts"
import { type Loaded, type Scope, siteOf, sitesOf } from "./Scopes.ts"
import { checkDevice, checkKnowable } from "./SelfCheck.ts"

/** What writes may judge, too: a head that is not read costs nothing, and one folder is opened once. */
const heads: Readonly<Record<ModelRef["use"], ReadonlyArray<Head>>> = {
  text: ["vocabulary", "candidates"],
  guard: ["candidates"],
}

export class Models {
  readonly #options: EngineOptions
  readonly #devices: Devices
  readonly #scheduler: Scheduler
  readonly #loaded = new Map<string, Promise<Loaded>>()
  /** The models of {@link #loaded}, by their folders: one folder may have several uses. */
  readonly #folders = new Map<string, Promise<OpenModel>>()
  /** Those that have come. */
  readonly #opened = new Set<OpenModel>()
  readonly #lanes = new Map<OpenModel, Lanes>()

  constructor(options: EngineOptions, devices: Devices, scheduler: Scheduler) {
    this.#options = options
    this.#devices = devices
    this.#scheduler = scheduler
  }

  /** Those that are open. */
  get opened(): Iterable<OpenModel> {
    return this.#opened
  }

  /** Runs for several requests at once, where the model was opened for it. */
  lanesOf(model: OpenModel): Lanes | undefined {
    return this.#lanes.get(model)
  }

  /** A model is opened once, whoever asks first; the others wait for the same opening. A failed one may be retried. */
  load(ref: ModelRef, onProgress: (progress: Progress) => void = () => {}): Effect.Effect<Loaded, FacetError> {
    return Effect.suspend(() => {
      const key = JSON.stringify([ref.source, ref.use, ref.scope, ref.site, ref.layer, ref.isTrusted])
      const opening = this.#loaded.get(key) ?? remember(this.#loaded, key, this.#load(ref, onProgress))
      return Effect.tryPromise({ try: () => opening, catch: (cause) => asFacetError("Opening a model", cause) })
    })
  }

  /** Makes sure that a model's runs can do what a request wants. */
  openFor(
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

  /** Makes sure that what stands before the last norm can be put in place of what a run made. */
  openToRead(model: OpenModel): Effect.Effect<void, FacetError> {
    const wanted = { interventions: [lastSite(model)] }
    return model.isOpenFor(wanted)
      ? Effect.void
      : this.#scheduler.step("Opening the model for its last site", () => model.openFor(wanted))
  }

  async release(): Promise<void> {
    await Promise.allSettled(this.#loaded.values())
    for (const model of this.#opened) await model.release()
  }

  async #load(ref: ModelRef, onProgress: (progress: Progress) => void): Promise<Loaded> {
    const files = await this.#options.openFolder(ref.source, onProgress, ref.sha256)
    if (ref.use === "guard") await checkJudge(files)
    const { openScope } = this.#options
    const scope =
      ref.scope === undefined ? undefined : await openScope(ref.scope, siteOf(ref), onProgress, ref.scopeSha256)
    const wanted = { heads: heads[ref.use], taps: sitesOf(scope?.entries ?? []) }
    const opening = this.#folders.get(files.root)
    const model = await (opening ?? remember(this.#folders, files.root, this.#open(files, wanted, onProgress))).catch(
      (cause: unknown) => {
        throw scope === undefined || ref.layer !== undefined ? cause : ofAnotherModel(scope, cause)
      },
    )
    // One that judges may be asked to write, too.
    if (!model.isOpenFor(wanted)) await this.#alone("Opening the model for more", () => model.openFor(wanted))
    if (ref.use === "guard" && ref.isTrusted !== true) await this.#alone("Checking the guard", () => checkGuard(model))
    return { model, scope }
  }

  async #open(
    files: ModelFiles,
    { heads, taps }: Pick<Openings, "heads" | "taps">,
    onProgress: (progress: Progress) => void,
  ): Promise<OpenModel> {
    const { cacheBytes, lanes, prefill, reference, reuse, shareWeights } = this.#options
    const model = await this.#devices.open(async (runtime) => {
      if (runtime.needsSelfCheck) await checkKnowable(runtime, files)
      const opened = await OpenModel.open(
        { files, runtime, heads, cacheBytes, lanes, prefill, reuse, shareWeights },
        taps,
        onProgress,
      )
      if (runtime.needsSelfCheck) await releasedUnless(opened, () => checkDevice(opened, files, reference))
      return opened
    })
    this.#opened.add(model)
    if (model.lanes > 1) this.#lanes.set(model, new Lanes(model, this.#scheduler))
    return model
  }

  /** Does something with a model that others may have open, when its turn comes. */
  #alone(operation: string, work: () => Promise<void>): Promise<void> {
    return Effect.runPromise(this.#scheduler.step(operation, work))
  }
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

/** Nobody named the layer that the model has not: it is an autoencoder's. */
function ofAnotherModel({ files }: Scope, cause: unknown): unknown {
  if (!(cause instanceof InvalidRequestError) || cause.option !== "layer") return cause
  return new ScopeFileError({
    file: files.root,
    problem: `an autoencoder in it is another model's: ${cause.problem}`,
    remedy: "Take the autoencoders that were trained on this model.",
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
