/** Opening: which models, on what terms. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { platform } from "#platform"
import { checked } from "./words/checked.ts"
import { Engine, type EngineService } from "./words/Engine.ts"
import { asFacetError, type FacetError, invalidRequest } from "./words/Errors.ts"
import { leftOutWarning } from "./words/ModelDescription.ts"
import { Opened, type Place } from "./words/Opened.ts"
import type { OpenOptions } from "./words/OpenOptions.ts"
import { modelNameOf, type RemoteModel } from "./words/RemoteModel.ts"
import type { Progress } from "./words/Progress.ts"
import type { ModelRef } from "./words/Request.ts"
import { readSite, type Site } from "./words/Site.ts"
import type { ServedPlace } from "./remote/engine/openServer.ts"
import { checkOpenOptions } from "./worker/checkOpenOptions.ts"
import type { ModelTerms, Platform } from "./worker/Platform.ts"
import { packingOf, settingsOf } from "./worker/settingsOf.ts"

/** Which ShieldGemma belongs to which Gemma, by Google's ids. Source: ShieldGemma's model card. */
const relatedGuard = (model: string): string | undefined => {
  // A revision is the model's own: its guard has others.
  const size = /^google\/gemma-2-(2b|9b|27b)(-it)?(?:@.+)?$/.exec(model)?.[1]
  return size === undefined ? undefined : `google/shieldgemma-${size}`
}

/**
 * The effects' service: an engine with the text model open.
 *
 * @param asked the options of `Facet.open`
 * @param layerEngine where the engine runs: by default on a thread of its own
 */
export const layerOpened = (
  asked: OpenOptions,
  layerEngine: Platform["layerEngine"] = platform.layerEngine,
): Layer.Layer<Opened, FacetError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      yield* checked(() => checkOpenOptions(asked))
      const warnings = new Set<string>()
      const options = { ...asked, onProgress: gathering(warnings, asked.onProgress) }
      const { model = "tiny", shield } = options
      const place = yield* checked(() => readSite(options))
      // What is not there is found out before a thread is started for it.
      const text: Found =
        typeof model === "string"
          ? yield* find("Finding the model", (signal) => resolveText(model, options, place, signal))
          : yield* served("model", model, options)
      const name = isServed(text) ? text.name : modelNameOf(model)
      const guard =
        typeof shield === "object"
          ? Effect.succeed(yield* served("shield", shield, options))
          : guardOf(isServed(text) ? `${name} at a server` : name, { ...options, shield })
      const named = shield === undefined ? [] : [yield* guard]
      const all = { name, text, named, guard, options: { ...options, warnings } }
      // Where all is elsewhere there is nothing to run here: no thread, and no place that would have one.
      if (isServed(text) && typeof shield !== "string") return Layer.effect(Opened, openAll(all, undefined))
      return Layer.effect(
        Opened,
        Effect.flatMap(Engine, (engine) => openAll(all, engine)),
      ).pipe(Layer.provide(layerEngine(settingsOf(options), options.worker)))
    }),
  )

/** Tells progress as before, and keeps the messages that are warnings. */
const gathering =
  (warnings: Set<string>, onProgress: OpenOptions["onProgress"]) =>
  (progress: Progress): void => {
    if (progress.isWarning === true && progress.message !== undefined) warnings.add(progress.message)
    onProgress?.(progress)
  }

/** A server is asked before anything is opened. Its code is loaded where there is one. */
const served = (option: "model" | "shield", remote: RemoteModel, options: OpenOptions) =>
  Effect.tryPromise({
    try: async (signal) => {
      const { openServer } = await import("./remote/engine/openServer.ts")
      const { judging } = settingsOf(options)
      return openServer(remote, { option, judging, checksShield: options.checkShield !== false }, signal)
    },
    catch: (cause) => asFacetError("Asking the server", cause),
  })

/** A model of this machine's engine, or one behind a server with an engine of its own. */
type Found = ModelRef | ServedPlace

const isServed = (found: Found): found is ServedPlace => "engine" in found

/** What was found, before it is opened. */
interface AllFound {
  readonly name: string
  readonly text: Found
  /** What is opened beside the text model. */
  readonly named: ReadonlyArray<Found>
  readonly guard: Effect.Effect<Found, FacetError>
  readonly options: OpenOptions & { readonly warnings: ReadonlySet<string> }
}

/** A guard that was named is opened at once, like the text model; any other when it is first asked. */
const openAll = ({ guard, name, named, options, text }: AllFound, own: EngineService | undefined) =>
  Effect.gen(function* () {
    const placeOf = (found: Found): Effect.Effect<Place, FacetError> => {
      if (isServed(found)) return Effect.succeed(found)
      return own === undefined ? Effect.die("no engine") : Effect.succeed({ engine: own, model: found })
    }
    for (const found of [text, ...named]) {
      const { engine, model } = yield* placeOf(found)
      yield* Stream.runForEach(engine.load(model), (progress) => Effect.sync(() => options.onProgress?.(progress)))
    }
    const writer = yield* placeOf(text)
    const description = yield* writer.engine.describe(writer.model)
    for (const part of description.leftOut) {
      const message = leftOutWarning(name, part)
      const place = { phase: "ready", model: name, file: "", loadedBytes: 0, totalBytes: 0 } as const
      // Where it was packed just now it was told.
      if (!options.warnings.has(message)) options.onProgress?.({ ...place, message, isWarning: true })
    }
    return {
      name,
      description,
      warnings: options.warnings,
      text: writer,
      guard: Effect.flatMap(guard, placeOf),
      judging: settingsOf(options).judging,
    }
  })

/** Remembers the first success: the cache that an id is looked up in may change while a model is open. */
const once = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  let known: { readonly value: A } | undefined
  return Effect.suspend(() =>
    known !== undefined
      ? Effect.succeed(known.value)
      : Effect.tap(effect, (value) => Effect.sync(() => void (known = { value }))),
  )
}

const find = (
  operation: string,
  resolve: (signal: AbortSignal) => Promise<ModelRef>,
): Effect.Effect<ModelRef, FacetError> =>
  Effect.tryPromise({ try: resolve, catch: (cause) => asFacetError(operation, cause) })

const termsOf = (options: OpenOptions, signal: AbortSignal, use?: ModelTerms["use"]): ModelTerms => ({
  download: options.download ?? "auto",
  packing: packingOf(options),
  use,
  onProgress: options.onProgress,
  signal,
})

/** Where a model is. What may be stored is asked for only where something will be. */
async function locate(
  model: string,
  options: OpenOptions,
  signal: AbortSignal,
  use?: ModelTerms["use"],
): Promise<string> {
  const source = await platform.resolveModel(model, termsOf(options, signal, use))
  if ((options.storage ?? "persistent") === "persistent") platform.keepDownloads()
  return source
}

async function resolveText(
  model: string,
  options: OpenOptions,
  place: Partial<Site>,
  signal: AbortSignal,
): Promise<ModelRef> {
  const { scope, sha256 = {} } = options
  const find = async (path: string) =>
    scope === undefined ? undefined : platform.resolveScope(scope, { id: model, path }, termsOf(options, signal))
  const sums = {
    ...(sha256.model !== undefined && { sha256: sha256.model }),
    ...(sha256.scope !== undefined && { scopeSha256: sha256.scope }),
  }
  if (model !== "tiny") {
    const source = await locate(model, options, signal)
    return { source, use: "text", scope: await find(source), ...place, ...sums }
  }
  const tiny = await platform.embedded()
  return { source: tiny.gemma, use: "text", scope: (await find(tiny.gemma)) ?? tiny.scope, ...place, ...sums }
}

type LocalGuard = OpenOptions & { readonly shield: string | undefined }

/** The guard that was named, or the one that belongs to the model; fails where there is neither, or where it is missing. */
function guardOf(model: string, options: LocalGuard): Effect.Effect<ModelRef, FacetError> {
  const { checkShield, sha256, shield } = options
  const guard = shield ?? (model === "tiny" ? "tiny" : relatedGuard(model))
  if (guard === undefined) {
    return Effect.fail(
      invalidRequest(
        "shield",
        `no guard was opened beside ${model}`,
        'Open with `shield`: a ShieldGemma\'s folder, an id such as "google/shieldgemma-2b", or "tiny".',
      ),
    )
  }
  // One folder that writes and judges is opened once.
  const use = guard === model ? undefined : "guard"
  return once(
    find("Finding the guard", async (signal) => ({
      source: guard === "tiny" ? (await platform.embedded()).shield : await locate(guard, options, signal, use),
      use: "guard",
      ...(checkShield === false && { isTrusted: true }),
      ...(sha256?.shield !== undefined && { sha256: sha256.shield }),
    })),
  )
}
