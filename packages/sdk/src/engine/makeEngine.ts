/** The engine on this machine: models, caches and autoencoders on one thread. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { EngineService } from "../words/Engine.ts"
import type { FacetError } from "../words/Errors.ts"
import type { ModelDescription } from "../words/ModelDescription.ts"
import type { Progress } from "../words/Progress.ts"
import type { EngineStats, ModelRef } from "../words/Request.ts"
import { Afterwork } from "./Afterwork.ts"
import { Devices } from "./Devices.ts"
import type { EngineOptions } from "./EngineOptions.ts"
import { Models } from "./Models.ts"
import { calibrate, decide } from "./requests/decide.ts"
import { embed, features } from "./requests/embed.ts"
import type { EngineParts } from "./requests/EngineParts.ts"
import { generate } from "./requests/generate.ts"
import { inspect, inspectAll } from "./requests/inspect.ts"
import { judge } from "./requests/judge.ts"
import { featureLogits, lens } from "./requests/lens.ts"
import { detokenise, render } from "./requests/render.ts"
import { score } from "./requests/score.ts"
import { searchFeatures } from "./requests/searchFeatures.ts"
import { Scheduler } from "./Scheduler.ts"
import { Scopes } from "./Scopes.ts"

/** An engine that is closed with its scope. */
export const makeEngine = (options: EngineOptions) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new LocalEngine(options)),
      (engine) => Effect.promise(() => engine.close()),
    ),
    ({ service }): EngineService => service,
  )

class LocalEngine {
  readonly service: EngineService
  readonly #parts: EngineParts
  readonly #devices: Devices

  constructor(options: EngineOptions) {
    const scheduler = new Scheduler(options)
    this.#devices = new Devices(options.devices, options.elsewhere)
    this.#parts = {
      options,
      scheduler,
      models: new Models(options, this.#devices, scheduler),
      scopes: new Scopes(this.#devices, options.scopeBytes),
      afterwork: new Afterwork(scheduler),
    }
    this.service = this.#serviceOf(this.#parts)
  }

  #serviceOf(parts: EngineParts): EngineService {
    return {
      load: (ref) => load(parts, ref),
      describe: (ref) => describe(parts, this.#devices, ref),
      stats: Effect.sync(() => statsOf(parts)),
      generate: (request) => generate(parts, request),
      judge: (request) => judge(parts, request),
      decide: (request) => decide(parts, request),
      calibrate: (request) => calibrate(parts, request),
      inspect: (request) => inspect(parts, request),
      inspectAll: (request) => inspectAll(parts, request),
      lens: (request) => lens(parts, request),
      featureLogits: (request) => featureLogits(parts, request),
      searchFeatures: (request) => searchFeatures(parts, request),
      score: (request) => score(parts, request),
      embed: (request) => embed(parts, request),
      features: (request) => features(parts, request),
      render: (request) => render(parts, request),
      detokenise: (request) => detokenise(parts, request),
    }
  }

  async close(): Promise<void> {
    const { afterwork, models, scopes } = this.#parts
    await afterwork.close()
    await scopes.release()
    await models.release()
    await this.#devices.release()
  }
}

const load = ({ models }: EngineParts, ref: ModelRef): Stream.Stream<Progress, FacetError> =>
  Stream.callback<Progress, FacetError>((queue) =>
    Effect.matchCauseEffect(
      models.load(ref, (progress) => void Queue.offerUnsafe(queue, progress)),
      {
        onFailure: (cause) => Queue.failCause(queue, cause),
        onSuccess: () => Queue.end(queue),
      },
    ),
  )

const describe = (
  { models }: EngineParts,
  devices: Devices,
  ref: ModelRef,
): Effect.Effect<ModelDescription, FacetError> =>
  Effect.map(models.load(ref), ({ model }) => ({
    architecture: model.architecture.title,
    contextLength: model.config.contextLength,
    leftOut: model.leftOut,
    device: { ...model.device, rejected: devices.rejected },
    ...(model.tokenizer.toolFormat !== undefined && { toolFormat: model.tokenizer.toolFormat }),
  }))

function statsOf({ models, scheduler }: EngineParts): EngineStats {
  const caches = Array.from(models.opened, (model) => model.cache.stats)
  return {
    requests: scheduler.admitted,
    waiting: scheduler.waiting,
    waits: scheduler.waits,
    cachedSequences: caches.reduce((sum, cache) => sum + cache.entries, 0),
    cachedBytes: caches.reduce((sum, cache) => sum + cache.bytes, 0),
  }
}
