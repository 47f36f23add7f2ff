/** Opening: which models, on what terms. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Engine } from "./engine/Engine.ts"
import type { ModelRef, Progress } from "./engine/Request.ts"
import { asFacetError, type FacetError, InvalidRequestError } from "./Errors.ts"
import { resolveModel } from "./hub/folder.node.ts"
import type { Site } from "./graph/Sites.ts"
import { readSite } from "./Inspect.ts"
import { Opened } from "./Opened.ts"
import { checked, checkKnown } from "./RequestError.ts"
import { layerEngine } from "./worker/client.node.ts"

export interface OpenOptions {
  /**
   * The model that writes and is inspected. Default `"tiny"`, the embedded one. Or a folder: a plain Hugging Face folder
   * of f32, f16 or bf16 safetensors, or a Facet model folder with quantised ones. Or an id such as
   * `"google/gemma-2-2b-it"`, which is looked for in the Hugging Face cache.
   */
  readonly model?: string | undefined
  /** The model that judges, in the same forms. Default: the one that belongs to `model`, where one is known. */
  readonly shield?: string | undefined
  /** Sparse autoencoders of `model`: a Gemma Scope folder or one `params.npz`. Default for `"tiny"`: its own. */
  readonly scope?: string | undefined
  /** Where the autoencoders of `scope` belong, when their paths do not say it. */
  readonly layer?: number | undefined
  /** `resid_post`, `attn_z` or `mlp_out`, or TransformerLens' name of it. */
  readonly site?: string | undefined
  /** The most requests that may run or wait; one more fails with `OverloadedError`. Default 64. */
  readonly queue?: number | undefined
  /** The most requests under way at once. Default 8. */
  readonly active?: number | undefined
  /** The most bytes that a model's prefix cache keeps. Default 512 MiB. */
  readonly cacheBytes?: number | undefined
  /** Threads for one run. Default: one a core, at most 16. */
  readonly threads?: number | undefined
  /** Told how far opening has come. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

const defaults = { queue: 64, active: 8, cacheBytes: 512 * 1024 * 1024 }

/** Which ShieldGemma belongs to which Gemma, by Google's ids. Source: ShieldGemma's model card. */
const relatedGuard = (model: string): string | undefined => {
  const size = /^google\/gemma-2-(2b|9b|27b)(-it)?$/.exec(model)?.[1]
  return size === undefined ? undefined : `google/shieldgemma-${size}`
}

/** The effects' service: an engine on a thread of its own, with the text model open. */
export const layerOpened = (options: OpenOptions): Layer.Layer<Opened, FacetError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      yield* checkOptions(options)
      // What is not there is found out before a thread is started for it.
      const model = options.model ?? "tiny"
      const place = yield* checked(() => readSite(options))
      const text = yield* find("Finding the model", () => resolveText(model, options.scope, place))
      const guard = guardOf(model, options.shield)
      const named = options.shield === undefined ? [] : [yield* guard]
      return Layer.effect(Opened, openAll(text, named, guard, options.onProgress)).pipe(
        Layer.provide(layerEngine(limitsOf(options))),
      )
    }),
  )

/** A guard that was named is opened at once, like the text model; any other when it is first asked. */
const openAll = (
  text: ModelRef,
  named: ReadonlyArray<ModelRef>,
  guard: Effect.Effect<ModelRef, FacetError>,
  onProgress: OpenOptions["onProgress"],
) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    for (const model of [text, ...named]) {
      yield* Stream.runForEach(engine.load(model), (progress) => Effect.sync(() => onProgress?.(progress)))
    }
    return { engine, text, guard }
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

const find = (operation: string, resolve: () => Promise<ModelRef>): Effect.Effect<ModelRef, FacetError> =>
  Effect.tryPromise({ try: resolve, catch: (cause) => asFacetError(operation, cause) })

/** An explicit `undefined` is no limit of its own. */
const limitsOf = ({ active, cacheBytes, queue, threads }: OpenOptions) => ({
  active: active ?? defaults.active,
  cacheBytes: cacheBytes ?? defaults.cacheBytes,
  queue: queue ?? defaults.queue,
  threads,
})

async function resolveText(model: string, scope: string | undefined, place: Partial<Site>): Promise<ModelRef> {
  if (model !== "tiny") return { folder: await resolveModel(model), use: "text", scope, ...place }
  const tiny = await import("@facet/tiny")
  return { folder: tiny.gemmaFolder, use: "text", scope: scope ?? tiny.scopeFolder, ...place }
}

/** The guard that was named, or the one that belongs to the model; fails where there is neither, or where it is missing. */
function guardOf(model: string, shield: string | undefined): Effect.Effect<ModelRef, FacetError> {
  const guard = shield ?? (model === "tiny" ? "tiny" : relatedGuard(model))
  if (guard === undefined) {
    return invalid(
      "shield",
      `no guard was opened beside ${model}`,
      'Open with `shield`: a ShieldGemma\'s folder, an id such as "google/shieldgemma-2b", or "tiny".',
    )
  }
  return once(
    find("Finding the guard", async () => ({
      folder: guard === "tiny" ? (await import("@facet/tiny")).shieldFolder : await resolveModel(guard),
      use: "guard",
    })),
  )
}

const knownOptions = [
  "model",
  "shield",
  "scope",
  "site",
  "layer",
  "queue",
  "active",
  "cacheBytes",
  "threads",
  "onProgress",
] as const satisfies ReadonlyArray<keyof OpenOptions>

function checkOptions(options: OpenOptions): Effect.Effect<void, FacetError> {
  return Effect.andThen(
    checked(() => checkKnown(options, knownOptions)),
    checkRanges(options),
  )
}

function checkRanges(options: OpenOptions): Effect.Effect<void, InvalidRequestError> {
  for (const option of ["queue", "active", "threads"] as const) {
    const value = options[option]
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      return invalid(option, `${value} is out of range`, "Use a whole number of at least 1.")
    }
  }
  const { cacheBytes, onProgress } = options
  if (onProgress !== undefined && typeof onProgress !== "function") {
    return invalid(
      "onProgress",
      `${typeof onProgress} where a function is expected`,
      "Pass a function, or leave it out.",
    )
  }
  if (cacheBytes !== undefined && !(Number.isFinite(cacheBytes) && cacheBytes >= 0)) {
    return invalid("cacheBytes", `${cacheBytes} is out of range`, "Use a number of bytes, 0 for no cache.")
  }
  for (const option of ["model", "shield", "scope"] as const) {
    const value: unknown = options[option]
    if (value !== undefined && (typeof value !== "string" || value === "")) {
      return invalid(
        option,
        `${JSON.stringify(value) ?? typeof value} is not a path or an id`,
        "Use a folder's path or an id.",
      )
    }
  }
  return Effect.void
}

const invalid = (option: string, problem: string, remedy: string) =>
  Effect.fail(new InvalidRequestError({ option, problem, remedy }))
