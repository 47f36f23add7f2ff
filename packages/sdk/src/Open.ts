/** Opening: which models, on what terms. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { platform } from "#platform"
import { checkChecksums, type ExpectedChecksums } from "./words/Checksums.ts"
import { checked } from "./words/checked.ts"
import { checkCount, checkFlag, checkFunction, checkKnown, checkNumber, show } from "./words/Checks.ts"
import {
  type DeviceName,
  deviceNames,
  floatPrecisions,
  type FloatPrecision,
  storageKinds,
  type StorageKind,
} from "./words/Device.ts"
import { Engine } from "./words/Engine.ts"
import type { EngineSettings, PageWorker, PrefillRule, ReuseRule } from "./words/EngineSettings.ts"
import { defaultJudgingLimits, type JudgingLimits } from "./words/JudgingLimits.ts"
import { asFacetError, type FacetError, invalidRequest, UnsupportedDeviceError } from "./words/Errors.ts"
import { Opened, type Place } from "./words/Opened.ts"
import type { Progress } from "./words/Progress.ts"
import { modelNameOf, type RemoteModel } from "./words/RemoteModel.ts"
import type { ModelRef } from "./words/Request.ts"
import type { ScopeQuery } from "./words/ScopeQuery.ts"
import { type WeightDtype, weightDtypes, type WeightPacking } from "./words/Tensors.ts"
import { readSite, type Site } from "./words/Site.ts"
import type { ServedPlace } from "./remote/engine/openServer.ts"
import type { Download, ModelTerms, Platform } from "./worker/Platform.ts"

export interface OpenOptions {
  /**
   * The model that writes and is inspected. Default `"tiny"`, the embedded one. On Node an id such as
   * `"google/gemma-2-2b-it"`, with a revision where one is meant (`"google/gemma-2-2b-it@v1"`); a folder, of f32, f16 or
   * bf16 safetensors or of Facet's own quantised ones; a `.gguf`, here or in a repository (`"hf:owner/name/file.gguf"`);
   * `"kaggle:owner/model/framework/variation"`; `"ollama:gemma2:2b"`; the URL of a folder or a `.gguf`. What is not here is
   * fetched once, and a GGUF, or plain weights of more than 1 GiB, are packed once: both are kept.
   *
   * In a browser the URL of a folder or a `.gguf`, or an id that is looked for on the Hub. What is packed there is kept in
   * the browser's storage, and never all in memory.
   *
   * Or a server that runs it, `{ url: "http://127.0.0.1:8080" }`: see `RemoteModel`.
   */
  readonly model?: string | RemoteModel | undefined
  /** The model that judges, in the same forms. Default: the one that belongs to `model`, where one is known. */
  readonly shield?: string | RemoteModel | undefined
  /**
   * Whether the model that judges is asked two known questions when it is opened, and refused where its answers are no
   * judge's, with a `ModelFileError`. Default true; `false` for a guard that was taught to judge other things.
   */
  readonly checkShield?: boolean | undefined
  /**
   * Sparse autoencoders of `model`. What they are, `{ layer: 20 }`: of Gemma Scope the canonical one. Or a name: SAELens'
   * `"gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical"`, Neuronpedia's `"20-gemmascope-res-16k"`, or a release's,
   * of which all is opened that is on this machine. Or a folder, Gemma Scope's or one that SAELens saved, or one file of
   * parameters; in a browser its URL. What is not here is fetched once. Default for `"tiny"`: its own.
   */
  readonly scope?: string | ScopeQuery | undefined
  /** Where the autoencoders of `scope` belong, when their paths do not say it. */
  readonly layer?: number | undefined
  /** `resid_post`, `attn_z`, `mlp_out` or `mlp_in_norm`, or TransformerLens' name of it. */
  readonly site?: string | undefined
  /** The most requests that may run or wait; one more fails with `OverloadedError`. Default 64. */
  readonly queue?: number | undefined
  /** The most requests under way at once. Default 8. */
  readonly active?: number | undefined
  /** The most bytes that a model's prefix cache keeps. Default 512 MiB. */
  readonly cacheBytes?: number | undefined
  /**
   * The most bytes of autoencoders that stay in memory: the least recently used go, and are read again when they are asked for.
   * Default 4 GiB, which all of a 2B model's layers fit into at 16,384 features. Those of one request stay while it needs them.
   */
  readonly scopeBytes?: number | undefined
  /** Threads for one run. Default: one a core, at most 16; in a browser at most 8, and only where it is cross-origin isolated. */
  readonly threads?: number | undefined
  /**
   * How much one request may have judged, so that nobody holds up others: `characters` of a prompt or a response (default
   * 65,536), `policies` (default 32), and `timeoutMs`, milliseconds from when its turn has come (default 120,000).
   */
  readonly judging?: Partial<JudgingLimits> | undefined
  /**
   * How many texts may get their next tokens in one run, 1 to 16: 4 streams at once are written two to three times as fast
   * with `lanes: 4` as with the default of 1, and one alone about a tenth slower. A text is the same alone and in company. On a
   * graphics card streams take turns, whatever is set.
   */
  readonly lanes?: number | undefined
  /**
   * Which keys and values of earlier calls a call may take over. `exact` (default): those that are the same bits as its own
   * would be, so that the same seed gives the same text whatever was asked before; an answer is read again while nobody
   * waits, before a chat's next turn can take it over. `any`: those of an answer at once, so that the next turn never waits for
   * it. With quantised weights they differ in the last bits, and a near tie may then fall otherwise.
   */
  readonly reuse?: ReuseRule | undefined
  /**
   * What prompts are multiplied as, on the CPU. `weights` (default): as the weights are packed. `int8`: weights in blocks get
   * a copy in 8 bits, with which prompts, verdicts, scores and traces run two to four times as fast on a processor with AMX or
   * VNNI, and answers are written as before. The copy is laid out once and kept in the model's folder, 1 byte a weight, and
   * takes that much memory too. Numbers differ from those of `weights` in the third digit, and are always the same among
   * themselves. A guard of plain weights runs as it is.
   */
  readonly prefill?: PrefillRule | undefined
  /**
   * Whether what the text has said before is guessed to follow again, and checked in the run that it saves (prompt lookup).
   * Default `true`; each token is still the one that the model's own logits and the seed choose.
   */
  readonly speculate?: boolean | undefined
  /**
   * What to run on. `auto` (default) is the CPU on Node; in a browser `webgpu` where it works and computes rightly, else
   * `wasm`. On Node `webgpu`, `cuda`, `coreml` and `dml` take a graphics card, where ONNX Runtime's part for it and the
   * system's are installed and it passes a check; else opening fails with an `UnsupportedDeviceError`. `facet.device` says
   * what was taken, and why what was tried before was not.
   */
  readonly device?: "auto" | DeviceName | undefined
  /**
   * What weights are multiplied as, in a browser or with `webgpu`. `auto` (default): plain ones as `f32`, or as `f16` on a
   * graphics adapter that passes a check against known logits; on `wasm` quantised ones, and plain ones of more than 1 GiB,
   * as `int8`.
   *
   * `auto` packs plain weights of more than 1 GiB, once; `as-published` opens them as they are, which takes 4 bytes of memory
   * a weight on a CPU. So does `f32`, and `f16` in a browser.
   */
  readonly precision?: "auto" | FloatPrecision | "as-published" | undefined
  /**
   * What plain weights, or those of a GGUF, are packed as, once, however few they are: `q4`, `q8`, `int8`, `f16` or `f32`.
   * Left out: only a GGUF and more than 1 GiB are packed, to what suits the model and the device.
   */
  readonly dtype?: WeightDtype | undefined
  /**
   * On Node, what becomes of a model that is not on this machine: `auto` (default) fetches it, `never` fails with an error
   * that says how to get it. `HF_HUB_OFFLINE=1` stands for `never` everywhere.
   */
  readonly download?: Download | undefined
  /**
   * In a browser: `persistent` (default) keeps what was downloaded in the browser's storage; `none` reads it over HTTP each
   * time, for pages that may store nothing.
   */
  readonly storage?: StorageKind | undefined
  /**
   * In a browser: SHA-256 that downloaded files must have, by their names, such as
   * `{ model: { "model.safetensors": "…" } }`. A file that is another is a `DownloadError`, and is not kept.
   */
  readonly sha256?: ExpectedChecksums | undefined
  /**
   * In a browser: starts the engine's worker, for bundlers that do not find it by themselves and for pages that serve it
   * from elsewhere. It is the module `@facet/sdk/worker`.
   */
  readonly worker?: (() => PageWorker) | undefined
  /** Told how far opening has come. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** The most requests that run or wait, where nobody says otherwise. */
export const defaultQueue = 64

const defaults = {
  queue: defaultQueue,
  active: 8,
  cacheBytes: 512 * 1024 * 1024,
  judging: defaultJudgingLimits,
  scopeBytes: 4 * 1024 * 1024 * 1024,
}

/** Which ShieldGemma belongs to which Gemma, by Google's ids. Source: ShieldGemma's model card. */
const relatedGuard = (model: string): string | undefined => {
  // A revision is the model's own: its guard has others.
  const size = /^google\/gemma-2-(2b|9b|27b)(-it)?(?:@.+)?$/.exec(model)?.[1]
  return size === undefined ? undefined : `google/shieldgemma-${size}`
}

/**
 * The effects' service: an engine with the text model open.
 *
 * @param layerEngine where the engine runs: by default on a thread of its own
 */
export const layerOpened = (
  options: OpenOptions,
  layerEngine: Platform["layerEngine"] = platform.layerEngine,
): Layer.Layer<Opened, FacetError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      yield* checked(() => checkOptions(options))
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
      return Layer.effect(Opened, openAll(name, text, named, guard, options)).pipe(
        Layer.provide(layerEngine(settingsOf(options), options.worker)),
      )
    }),
  )

/** A server is asked before anything is opened. Its code is loaded where there is one. */
const served = (option: "model" | "shield", remote: RemoteModel, options: OpenOptions) =>
  Effect.tryPromise({
    try: async (signal) => {
      const { openServer } = await import("./remote/engine/openServer.ts")
      return openServer(option, remote, settingsOf(options).judging, signal)
    },
    catch: (cause) => asFacetError("Asking the server", cause),
  })

/** A model of this machine's engine, or one behind a server with an engine of its own. */
type Found = ModelRef | ServedPlace

const isServed = (found: Found): found is ServedPlace => "engine" in found

/** A guard that was named is opened at once, like the text model; any other when it is first asked. */
const openAll = (
  name: string,
  text: Found,
  named: ReadonlyArray<Found>,
  guard: Effect.Effect<Found, FacetError>,
  options: OpenOptions,
) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const placeOf = (found: Found): Place => (isServed(found) ? found : { engine, model: found })
    for (const found of [text, ...named]) {
      const { engine, model } = placeOf(found)
      yield* Stream.runForEach(engine.load(model), (progress) => Effect.sync(() => options.onProgress?.(progress)))
    }
    return {
      name,
      description: isServed(text) ? text.description : yield* engine.describe(text),
      text: placeOf(text),
      guard: Effect.map(guard, placeOf),
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

/** What was given a value. */
const given = (limits: Partial<JudgingLimits> = {}): Partial<JudgingLimits> =>
  Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))

/** An explicit `undefined` is no limit of its own. */
const settingsOf = (options: OpenOptions): EngineSettings => ({
  active: options.active ?? defaults.active,
  cacheBytes: options.cacheBytes ?? defaults.cacheBytes,
  scopeBytes: options.scopeBytes ?? defaults.scopeBytes,
  judging: { ...defaults.judging, ...given(options.judging) },
  lanes: options.lanes ?? 1,
  reuse: options.reuse ?? "exact",
  prefill: options.prefill ?? "weights",
  speculate: options.speculate ?? true,
  queue: options.queue ?? defaults.queue,
  threads: options.threads,
  device: options.device ?? "auto",
  // How the files are is settled when the engine meets them.
  precision: options.precision === undefined || options.precision === asPublished ? "auto" : options.precision,
  storage: options.storage ?? "persistent",
  packing: packingOf(options),
})

/** Whoever asks for products of floats has a use for plain weights. */
const packingOf = ({ dtype, precision = "auto" }: OpenOptions): WeightPacking =>
  dtype ?? (precision === "auto" || precision === "int8" ? "auto" : asPublished)

const asPublished = "as-published"

/** Each has a copy of attention's operators in each layer: more make opening and running slower. */
const mostLanes = 16

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

/** An option that is missing here is an error of types. */
const optionNames: Readonly<Record<keyof OpenOptions, true>> = {
  model: true,
  shield: true,
  checkShield: true,
  scope: true,
  site: true,
  layer: true,
  queue: true,
  active: true,
  cacheBytes: true,
  scopeBytes: true,
  judging: true,
  lanes: true,
  reuse: true,
  prefill: true,
  speculate: true,
  threads: true,
  device: true,
  precision: true,
  dtype: true,
  download: true,
  storage: true,
  sha256: true,
  worker: true,
  onProgress: true,
}

/** @throws InvalidRequestError that names the option, or UnsupportedDeviceError for a device that is not to be had here. */
function checkOptions(options: OpenOptions): void {
  checkKnown(options, Object.keys(optionNames))
  for (const option of ["queue", "active", "threads"] as const) checkCount(option, options[option])
  checkFunction("onProgress", options.onProgress)
  checkFlag("checkShield", options.checkShield)
  if (options.cacheBytes !== undefined) checkBytes("cacheBytes", options.cacheBytes, "0 for no cache")
  if (options.scopeBytes !== undefined) checkBytes("scopeBytes", options.scopeBytes, "0 for none but those at work")
  if (options.lanes !== undefined) checkNumber("lanes", options.lanes, { min: 1, max: mostLanes, integer: true })
  checkJudging(options.judging)
  checkReuse(options.reuse)
  checkPrefill(options)
  checkSpeculate(options.speculate)
  for (const option of ["model", "shield"] as const) checkModel(option, options[option])
  checkScope(options)
  checkDevice(options)
  checkPrecision(options)
  checkDtype(options)
  checkDownload(options)
  checkStorage(options)
  checkSha256(options)
  checkWorker(options)
}

/** A server does not let anybody inside. */
function checkNothingInside(options: OpenOptions): void {
  const option = (["scope", "layer", "site"] as const).find((name) => options[name] !== undefined)
  if (option === undefined) return
  throw invalidRequest(option, "the model runs behind a server, which nobody looks into", "Leave it out.")
}

function checkScope(options: OpenOptions): void {
  const { model = "tiny", scope } = options
  if (typeof model !== "string") return checkNothingInside(options)
  if (typeof scope !== "object" || scope === null) return checkAddress("scope", scope)
  // What it may hold is checked where it is looked up.
  if (model !== "tiny") return
  throw invalidRequest(
    "scope",
    "Gemma Scope has nothing for the embedded model, which has autoencoders of its own",
    "Leave it out, and name `layer` and `site` where you inspect.",
  )
}

function checkJudging(limits: OpenOptions["judging"] = {}): void {
  checkKnown(limits, Object.keys(defaults.judging), "judging")
  for (const name of ["characters", "policies"] as const) checkCount(`judging.${name}`, limits[name])
  // A timer cannot wait longer.
  if (limits.timeoutMs !== undefined)
    checkNumber("judging.timeoutMs", limits.timeoutMs, { min: 1, max: 2 ** 31 - 1, integer: false })
}

function checkReuse(reuse: unknown): void {
  if (reuse === undefined || reuse === "exact" || reuse === "any") return
  throw invalidRequest("reuse", `${show(reuse)} is no such rule`, 'Use "exact" or "any".')
}

function checkPrefill({ device = "auto", model = "tiny", prefill, precision }: OpenOptions): void {
  if (prefill === undefined || prefill === "weights") return
  if (prefill !== "int8") {
    throw invalidRequest("prefill", `${show(prefill)} is no such rule`, 'Use "weights" or "int8".')
  }
  const devices = platform.devices.filter(({ isAsked, name }) => (device === "auto" ? !isAsked : device === name))
  if (!devices.some(({ prefillsInt8 }) => prefillsInt8 === true)) {
    throw invalidRequest("prefill", "only a CPU on Node has products of integers for prompts", "Leave it out.")
  }
  const plain = model === "tiny" || precision === asPublished
  if (plain) throw invalidRequest("prefill", "plain weights have no blocks to be laid out anew", "Leave it out.")
}

function checkSpeculate(speculate: unknown): void {
  if (speculate === undefined || typeof speculate === "boolean") return
  throw invalidRequest("speculate", `${show(speculate)} is neither true nor false`, "Use true or false.")
}

function checkBytes(option: string, bytes: number, none: string): void {
  if (Number.isFinite(bytes) && bytes >= 0) return
  throw invalidRequest(option, `${bytes} is out of range`, `Use a number of bytes, ${none}.`)
}

/** What a server is, is checked where it is asked. */
function checkModel(option: string, value: unknown): void {
  if (typeof value !== "object" || value === null || !("url" in value)) checkAddress(option, value)
}

function checkAddress(option: string, value: unknown): void {
  if (value === undefined || (typeof value === "string" && value !== "")) return
  throw invalidRequest(option, `${show(value)} is not a path or an id`, "Use a folder's path or an id.")
}

function checkDevice({ device = "auto" }: OpenOptions): void {
  const known = ["auto", ...platform.devices.map(({ name }) => name)]
  if (known.includes(device)) return
  const remedy = `Use one of ${known.join(", ")}.`
  if (!isOneOf(deviceNames, device)) throw invalidRequest("device", `${show(device)} is no device`, remedy)
  throw new UnsupportedDeviceError({ device, problem: "it is not to be had here", remedy })
}

/** What each device computes in is its runtime's to say. */
function checkPrecision({ device = "auto", precision = "auto" }: OpenOptions): void {
  const all = ["auto", ...floatPrecisions, asPublished]
  if (!all.includes(precision)) {
    throw invalidRequest("precision", `${show(precision)} is no precision`, `Use one of ${all.join(", ")}.`)
  }
  if (precision === "auto" || precision === asPublished) return
  const devices = platform.devices.filter(({ isAsked, name }) => (device === "auto" ? !isAsked : device === name))
  if (devices.some(({ precisions }) => precisions.includes(precision))) return
  const offered = [...new Set(devices.flatMap(({ precisions }) => precisions))]
  const remedy = offered.length === 0 ? "Leave it out." : `Use ${["auto", ...offered].map(show).join(", ")}.`
  throw invalidRequest("precision", devices.map(({ otherwise }) => otherwise).join("; "), remedy)
}

function checkDtype({ dtype, model = "tiny", precision, shield = model, storage }: OpenOptions): void {
  if (dtype === undefined) return
  if (!isOneOf(weightDtypes, dtype)) {
    throw invalidRequest("dtype", `${show(dtype)} is no dtype`, `Use one of ${weightDtypes.join(", ")}.`)
  }
  if (model === "tiny" && shield === "tiny") {
    throw invalidRequest("dtype", "the embedded models are as they are", "Leave it out, or name a model.")
  }
  if (precision === asPublished) {
    throw invalidRequest("dtype", "what is packed is not as published", "Leave out one of both.")
  }
  if (storage === "none") throw invalidRequest("dtype", "what is packed has to be stored", "Leave out one of both.")
}

function checkDownload({ download }: OpenOptions): void {
  if (download === undefined) return
  if (!isOneOf(["auto", "never"], download)) {
    throw invalidRequest("download", `${show(download)} is neither auto nor never`, "Use one of them.")
  }
  if (platform.fetchesModels) return
  throw invalidRequest(
    "download",
    "a page reads a model over the network, or from its storage when it is there",
    "Leave it out; `storage` says what is kept.",
  )
}

function checkStorage({ storage = "persistent" }: OpenOptions): void {
  if (!isOneOf(storageKinds, storage)) {
    throw invalidRequest("storage", `${show(storage)} is no storage`, `Use one of ${storageKinds.join(", ")}.`)
  }
  if (platform.storages.includes(storage)) return
  throw invalidRequest("storage", "models are folders on the disk here", "Leave it out.")
}

/** What is not downloaded is not checked, and whoever expects that it is must know. */
function checkSha256({ model = "tiny", scope, sha256, shield }: OpenOptions): void {
  if (sha256 === undefined) return
  if (platform.storages.length < 2) {
    throw invalidRequest(
      "sha256",
      "models are folders on the disk here, and nothing is downloaded",
      "Leave it out, and check the files with `sha256sum`.",
    )
  }
  checkChecksums(sha256)
  const embedded = {
    model: model === "tiny",
    shield: (shield ?? (model === "tiny" ? "tiny" : "")) === "tiny",
    scope: scope === undefined,
  }
  for (const folder of ["model", "shield", "scope"] as const) {
    if (sha256[folder] === undefined || !embedded[folder]) continue
    throw invalidRequest(`sha256.${folder}`, `no \`${folder}\` is downloaded`, "Leave it out, or name one.")
  }
}

function checkWorker({ worker }: OpenOptions): void {
  if (worker === undefined) return
  if (!platform.takesWorker) throw invalidRequest("worker", "the engine is a thread of its own here", "Leave it out.")
  if (typeof worker === "function") return
  throw invalidRequest(
    "worker",
    `${typeof worker} where a function is expected`,
    "Pass a function that gives a Worker.",
  )
}

const isOneOf = (known: ReadonlyArray<unknown>, value: unknown): boolean => known.includes(value)
