/** Opening: which models, on what terms. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Engine } from "./engine/Engine.ts"
import type { ModelRef, Progress } from "./engine/Request.ts"
import { asFacetError, type FacetError, InvalidRequestError, UnsupportedDeviceError } from "./Errors.ts"
import { platform } from "#platform"
import { type DeviceName, deviceNames } from "./DeviceName.ts"
import type { Site } from "./graph/Sites.ts"
import { readSite } from "./Inspect.ts"
import { Opened } from "./Opened.ts"
import { checked, checkKnown } from "./RequestError.ts"
import type { EngineSettings, PageWorker } from "./platform/Platform.ts"

export interface OpenOptions {
  /**
   * The model that writes and is inspected. Default `"tiny"`, the embedded one. On Node a folder: a plain Hugging Face
   * folder of f32, f16 or bf16 safetensors, or a Facet model folder with quantised ones; in a browser such a folder's URL.
   * Or an id such as `"google/gemma-2-2b-it"`, which is looked for in the Hugging Face cache, or by a browser on the Hub.
   */
  readonly model?: string | undefined
  /** The model that judges, in the same forms. Default: the one that belongs to `model`, where one is known. */
  readonly shield?: string | undefined
  /**
   * Sparse autoencoders of `model`: a Gemma Scope folder or one `params.npz`; in a browser the URL of one `params.npz`.
   * Default for `"tiny"`: its own.
   */
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
  /** Threads for one run. Default: one a core, at most 16; in a browser at most 8, and only where it is cross-origin isolated. */
  readonly threads?: number | undefined
  /**
   * What to run on. `auto` (default) is the CPU on Node; in a browser `webgpu` where it works and computes rightly, else
   * `wasm`. `facet.device` says what was taken, and why what was tried before was not.
   */
  readonly device?: "auto" | DeviceName | undefined
  /**
   * What weights are multiplied as, in a browser. `auto` (default): plain ones as `f32`, or as `f16` on a graphics adapter
   * that passes a check against known logits; on `wasm` quantised ones, and plain ones of more than 1 GiB, as `int8`.
   */
  readonly precision?: "auto" | "f32" | "f16" | "int8" | undefined
  /**
   * In a browser: `persistent` (default) keeps what was downloaded in the browser's storage; `none` reads it over HTTP each
   * time, for pages that may store nothing.
   */
  readonly storage?: "persistent" | "none" | undefined
  /**
   * In a browser: starts the engine's worker, for bundlers that do not find it by themselves and for pages that serve it
   * from elsewhere. It is the module `@facet/sdk/worker`.
   */
  readonly worker?: (() => PageWorker) | undefined
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
      return Layer.effect(Opened, openAll(model, text, named, guard, options.onProgress)).pipe(
        Layer.provide(platform.layerEngine(settingsOf(options))),
      )
    }),
  )

/** A guard that was named is opened at once, like the text model; any other when it is first asked. */
const openAll = (
  model: string,
  text: ModelRef,
  named: ReadonlyArray<ModelRef>,
  guard: Effect.Effect<ModelRef, FacetError>,
  onProgress: OpenOptions["onProgress"],
) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    for (const ref of [text, ...named]) {
      yield* Stream.runForEach(engine.load(ref), (progress) => Effect.sync(() => onProgress?.(progress)))
    }
    return { engine, model, text, guard, device: yield* engine.device(text) }
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
const settingsOf = (options: OpenOptions): EngineSettings => ({
  active: options.active ?? defaults.active,
  cacheBytes: options.cacheBytes ?? defaults.cacheBytes,
  queue: options.queue ?? defaults.queue,
  threads: options.threads,
  device: options.device ?? "auto",
  precision: options.precision ?? "auto",
  storage: options.storage ?? "persistent",
  worker: options.worker,
})

async function resolveText(model: string, scope: string | undefined, place: Partial<Site>): Promise<ModelRef> {
  const given = scope === undefined ? undefined : platform.resolveScope(scope)
  if (model !== "tiny") return { folder: await platform.resolveModel(model), use: "text", scope: given, ...place }
  const tiny = await platform.embedded()
  return { folder: tiny.gemma, use: "text", scope: given ?? tiny.scope, ...place }
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
      folder: guard === "tiny" ? (await platform.embedded()).shield : await platform.resolveModel(guard),
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
  "device",
  "precision",
  "storage",
  "worker",
  "onProgress",
] as const satisfies ReadonlyArray<keyof OpenOptions>

function checkOptions(options: OpenOptions): Effect.Effect<void, FacetError> {
  return Effect.andThen(
    checked(() => checkKnown(options, knownOptions)),
    Effect.andThen(checkRanges(options), checkPlace(options)),
  )
}

const precisions = ["auto", "f32", "f16", "int8"] as const
const storages = ["persistent", "none"] as const

/** What only some platforms can honour. */
function checkPlace(options: OpenOptions): Effect.Effect<void, FacetError> {
  const { device = "auto", precision = "auto", storage = "persistent", worker } = options
  const known: ReadonlyArray<string> = ["auto", ...platform.devices]
  const others: ReadonlyArray<string> = deviceNames
  if (!known.includes(device)) {
    const remedy = `Use one of ${known.join(", ")}.`
    if (!others.includes(device)) return invalid("device", `${JSON.stringify(device)} is no device`, remedy)
    return Effect.fail(new UnsupportedDeviceError({ device, problem: "it is not to be had here", remedy }))
  }
  if (!precisions.includes(precision)) {
    return invalid("precision", `${JSON.stringify(precision)} is no precision`, `Use one of ${precisions.join(", ")}.`)
  }
  if (!storages.includes(storage)) {
    return invalid("storage", `${JSON.stringify(storage)} is no storage`, `Use one of ${storages.join(", ")}.`)
  }
  const isBrowser = !platform.devices.includes("cpu")
  if (!isBrowser && precision !== "auto") {
    return invalid("precision", "on a CPU it is that of the model's files", "Leave it out.")
  }
  if (!isBrowser && storage !== "persistent") {
    return invalid("storage", "models are folders on the disk here", "Leave it out.")
  }
  if (!isBrowser && worker !== undefined) {
    return invalid("worker", "the engine is a thread of its own here", "Leave it out.")
  }
  if (device === "wasm" && precision === "f16") {
    return invalid("precision", "wasm has no 16-bit floats", 'Use "auto", "f32" or "int8".')
  }
  if (device === "webgpu" && precision === "int8") {
    return invalid("precision", "WebGPU has no path for it", 'Use "auto", "f32" or "f16".')
  }
  return worker === undefined || typeof worker === "function"
    ? Effect.void
    : invalid("worker", `${typeof worker} where a function is expected`, "Pass a function that gives a Worker.")
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
