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
  readonly model?: string
  /** The model that judges, in the same forms. Default: the one that belongs to `model`, where one is known. */
  readonly shield?: string
  /** Sparse autoencoders of `model`: a Gemma Scope folder or one `params.npz`. Default for `"tiny"`: its own. */
  readonly scope?: string
  /** Where the autoencoders of `scope` belong, when their paths do not say it. */
  readonly layer?: number
  /** `resid_post`, `attn_z` or `mlp_out`, or TransformerLens' name of it. */
  readonly site?: string
  /** The most requests that may run or wait; one more fails with `OverloadedError`. Default 64. */
  readonly queue?: number
  /** The most requests under way at once. Default 8. */
  readonly active?: number
  /** The most bytes that a model's prefix cache keeps. Default 512 MiB. */
  readonly cacheBytes?: number
  /** Threads for one run. Default: one a core, at most 16. */
  readonly threads?: number
  /** Told how far opening has come. */
  readonly onProgress?: (progress: Progress) => void
}

const defaults = { queue: 64, active: 8, cacheBytes: 512 * 1024 * 1024 }

/** Which ShieldGemma belongs to which Gemma, by Google's ids. Source: ShieldGemma's model card. */
const guardOf = (model: string): string | undefined => {
  const size = /^google\/gemma-2-(2b|9b|27b)(-it)?$/.exec(model)?.[1]
  return size === undefined ? undefined : `google/shieldgemma-${size}`
}

/** The effects' service: an engine on a thread of its own, with the text model open. */
export const layerOpened = (options: OpenOptions): Layer.Layer<Opened, FacetError> =>
  Layer.effect(
    Opened,
    Effect.gen(function* () {
      yield* checkOptions(options)
      const model = options.model ?? "tiny"
      const place = yield* checked(() => readSite(options))
      const text = yield* Effect.tryPromise({
        try: () => resolveText(model, options.scope, place),
        catch: (cause) => asFacetError("Finding the model", cause),
      })
      const guard = yield* Effect.tryPromise({
        try: () => resolveGuard(model, options.shield),
        catch: (cause) => asFacetError("Finding the guard", cause),
      })
      const engine = yield* Engine
      yield* Stream.runForEach(engine.load(text), (progress) => Effect.sync(() => options.onProgress?.(progress)))
      return { engine, text, guard }
    }),
  ).pipe(Layer.provide(Layer.suspend(() => layerEngine({ ...defaults, ...limitsOf(options) }))))

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

/** A guard that was named must be there. One that merely belongs to the model may be missing until it is asked for. */
async function resolveGuard(model: string, shield: string | undefined): Promise<ModelRef | undefined> {
  const guard = shield ?? (model === "tiny" ? "tiny" : guardOf(model))
  if (guard === undefined) return undefined
  if (guard === "tiny") return { folder: (await import("@facet/tiny")).shieldFolder, use: "guard" }
  try {
    return { folder: await resolveModel(guard), use: "guard" }
  } catch (cause) {
    if (shield !== undefined) throw cause
    return undefined
  }
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
  const { cacheBytes } = options
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
