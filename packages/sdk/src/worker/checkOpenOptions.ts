/** Whether a Facet can be opened as it is asked to be, here. */
import { platform } from "#platform"
import { checkChecksums } from "../words/Checksums.ts"
import { checkCount, checkFlag, checkFunction, checkKnown, checkNumber, checkOneOf, show } from "../words/Checks.ts"
import { deviceNames, floatPrecisions, storageKinds } from "../words/Device.ts"
import { invalidRequest, UnsupportedDeviceError } from "../words/Errors.ts"
import { defaultJudgingLimits } from "../words/JudgingLimits.ts"
import { asPublished, type OpenOptions } from "../words/OpenOptions.ts"
import { weightDtypes } from "../words/Tensors.ts"

/** Each has a copy of attention's operators in each layer: more make opening and running slower. */
const mostLanes = 16

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
  shareWeights: true,
  speculate: true,
  threads: true,
  device: true,
  precision: true,
  dtype: true,
  download: true,
  storage: true,
  sha256: true,
  worker: true,
  tracer: true,
  onProgress: true,
}

/** @throws InvalidRequestError that names the option, or UnsupportedDeviceError for a device that is not to be had here. */
export function checkOpenOptions(options: OpenOptions): void {
  checkKnown(options, Object.keys(optionNames))
  for (const option of ["queue", "active", "threads"] as const) checkCount(option, options[option])
  checkFunction("onProgress", options.onProgress)
  checkTracer(options.tracer)
  checkFlag("checkShield", options.checkShield)
  if (options.cacheBytes !== undefined) checkBytes("cacheBytes", options.cacheBytes, "0 for no cache")
  if (options.scopeBytes !== undefined) checkBytes("scopeBytes", options.scopeBytes, "0 for none but those at work")
  if (options.lanes !== undefined) checkNumber("lanes", options.lanes, { min: 1, max: mostLanes, integer: true })
  checkJudging(options.judging)
  checkOneOf("reuse", options.reuse, ["exact", "any"])
  checkPrefill(options)
  checkShareWeights(options)
  checkFlag("speculate", options.speculate)
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
  checkKnown(limits, Object.keys(defaultJudgingLimits), "judging")
  for (const name of ["characters", "policies"] as const) checkCount(`judging.${name}`, limits[name])
  // A timer cannot wait longer.
  if (limits.timeoutMs !== undefined)
    checkNumber("judging.timeoutMs", limits.timeoutMs, { min: 1, max: 2 ** 31 - 1, integer: false })
}

function checkPrefill(options: OpenOptions): void {
  checkOneOf("prefill", options.prefill, ["weights", "int8"])
  if (options.prefill === "int8") checkLaysOut("prefill", options)
}

function checkShareWeights(options: OpenOptions): void {
  checkFlag("shareWeights", options.shareWeights)
  if (options.shareWeights === true) checkLaysOut("shareWeights", options)
}

/** Whether there is a device that lays weights out anew, and weights for it. */
function checkLaysOut(option: string, { device = "auto", model = "tiny", precision }: OpenOptions): void {
  const devices = platform.devices.filter(({ isAsked, name }) => (device === "auto" ? !isAsked : device === name))
  const why = !devices.some(({ laysOut }) => laysOut === true)
    ? "only a CPU on Node lays weights out anew"
    : model === "tiny" || precision === asPublished
      ? "plain weights have no blocks to be laid out anew"
      : undefined
  if (why !== undefined) throw invalidRequest(option, why, "Leave it out.")
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
  checkOneOf("precision", precision, ["auto", ...floatPrecisions, asPublished])
  if (precision === "auto" || precision === asPublished) return
  const devices = platform.devices.filter(({ isAsked, name }) => (device === "auto" ? !isAsked : device === name))
  if (devices.some(({ precisions }) => precisions.includes(precision))) return
  const offered = [...new Set(devices.flatMap(({ precisions }) => precisions))]
  const remedy = offered.length === 0 ? "Leave it out." : `Use ${["auto", ...offered].map(show).join(", ")}.`
  throw invalidRequest("precision", devices.map(({ otherwise }) => otherwise).join("; "), remedy)
}

function checkDtype({ dtype, model = "tiny", precision, shield = model, storage }: OpenOptions): void {
  if (dtype === undefined) return
  checkOneOf("dtype", dtype, weightDtypes)
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
  checkOneOf("download", download, ["auto", "never"])
  if (platform.fetchesModels) return
  throw invalidRequest(
    "download",
    "a page reads a model over the network, or from its storage when it is there",
    "Leave it out; `storage` says what is kept.",
  )
}

function checkStorage({ storage = "persistent" }: OpenOptions): void {
  checkOneOf("storage", storage, storageKinds)
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

function checkTracer(tracer: unknown): void {
  if (tracer === undefined) return
  if (typeof tracer === "object" && tracer !== null && "span" in tracer && typeof tracer.span === "function") return
  const remedy = "Pass what Tracer.make of effect/Tracer gives, or leave it out."
  throw invalidRequest("tracer", `${show(tracer)} is no tracer of Effect's`, remedy)
}
