/** Opens models on web servers: as they are, or packed on their way into the browser's storage. Runs in a dedicated worker. */
import { HttpSource } from "../files/http/HttpSource.ts"
import { type ModelUrl, modelUrl } from "../files/http/modelUrl.ts"
import { retry } from "../files/http/retry.ts"
import { whyUnreachable } from "../files/http/whyUnreachable.browser.ts"
import { DownloadMeter } from "../files/http/DownloadMeter.ts"
import { httpFolder } from "../files/http/httpFolder.ts"
import { ggufParts } from "../files/gguf/ggufParts.ts"
import { configFile, singleWeights, weightsIndex } from "../files/ModelFileNames.ts"
import { isJsonObject, type ModelFiles, readJsonObject } from "../files/ModelFiles.ts"
import {
  findStored,
  goneAgain,
  openRemoteFolder,
  openStored,
  type RemoteFolderOptions,
} from "../files/opfs/openRemoteFolder.browser.ts"
import { withFolderLock } from "../files/opfs/withFolderLock.browser.ts"
import { readShardIndex } from "../files/readShardIndex.ts"
import type { DeviceName } from "../words/Device.ts"
import { DownloadError, invalidRequest } from "../words/Errors.ts"
import { mostPlainBytes, type WeightDtype, type WeightPacking } from "../words/Tensors.ts"
import { isSbs, packRemoteModel, type Remote } from "./packRemoteModel.browser.ts"

export interface RemoteModelOptions extends RemoteFolderOptions {
  /** What becomes of weights that are not packed yet. Default `auto`. */
  readonly packing?: WeightPacking | undefined
  /** What they become where `packing` does not say; undefined: what `@facet/checkpoint` chooses for the model. */
  readonly usualDtype?: (() => Promise<WeightDtype | undefined>) | undefined
  /** What it will run on. */
  readonly device?: "auto" | DeviceName | undefined
  /** Plain weights of more bytes than this are packed. Default 1 GiB. */
  readonly packAbove?: number | undefined
}

/**
 * Opens a model: a folder of Facet's, which is stored as it is; a `.gguf`, a `.sbs`, or a folder of more than 1 GiB of plain weights,
 * which is packed once while it is read, and stored so; any other folder, as it is.
 *
 * What is stored opens without a request. One tab at a time packs a model; others wait for it.
 *
 * @param model an http(s) URL, or an id on the Hugging Face Hub.
 *
 * Rejects as `openRemoteFolder` does; with the errors of a conversion; with a `DownloadError` for a host that cannot send
 * parts of a file that has to be packed; and with an `InvalidRequestError` for what cannot be had of this model.
 */
export async function openRemoteModel(model: string, options: RemoteModelOptions = {}): Promise<ModelFiles> {
  const url = modelUrl(model, self.location.href)
  const { packing = "auto", sha256, storage } = options
  if (/\.h5$/i.test(url.root)) throw kerasRefused(url)
  if (url.file !== undefined) checkFile(url, options)
  if (packing === "as-published" || storage === "none") return openRemoteFolder(model, options)
  const meter = new DownloadMeter(url.id, options.onProgress)
  const find = () => findStored(url, { sha256, accepts: (packedAs) => isServed(options, packedAs) })
  const stored = await find()
  if (stored !== undefined) return openStored(url.id, stored, meter)
  const remote = await readRemote(url, options)
  const weights = await weightsToPack(remote, options)
  if (weights === undefined) return openRemoteFolder(model, options)
  if (sha256 !== undefined) throw unchecked(url.id)
  await checkParts(remote, weights)
  await withFolderLock(url, { signal: options.signal, onWait: () => meter.waiting() }, async () => {
    // Another tab may have packed it while this one waited.
    if ((await find()) === undefined) await packRemoteModel(remote, await dtypeOf(options), options)
  })
  const packed = await find()
  if (packed === undefined) throw goneAgain()
  return openStored(url.id, packed, meter)
}

/** Whether a stored copy is what is asked for. */
function isServed({ device, packing = "auto" }: RemoteModelOptions, packedAs: string | undefined): boolean {
  if (packing !== "auto") return packedAs === packing
  return packedAs !== "int8" || device !== "webgpu"
}

const dtypeOf = async ({ packing = "auto", usualDtype }: RemoteModelOptions): Promise<WeightDtype | undefined> =>
  packing === "auto" || packing === "as-published" ? usualDtype?.() : packing

function checkFile({ id }: ModelUrl, { packing, storage }: RemoteModelOptions): void {
  if (packing === "as-published") {
    throw invalidRequest("precision", "a single file is always packed anew, once", 'Leave it out, or set it to "auto".')
  }
  if (storage !== "none") return
  throw invalidRequest(
    "storage",
    `a single file is packed once, and nothing may be kept of ${id}`,
    'Leave "none" out, or name a folder that `facet convert` has made of it.',
  )
}

async function readRemote(url: ModelUrl, options: RemoteModelOptions): Promise<Remote> {
  const { retryDelaysMs, signal, stallMs } = options
  signal?.throwIfAborted()
  const source = new HttpSource(url, { signal, stallMs, retryDelaysMs, whyUnreachable })
  return { url, source, files: httpFolder(source, new DownloadMeter(url.root), { signal }), signal }
}

/** What Kaggle's folders of Keras's have. */
const kerasWeights = "model.weights.h5"

/** HDF5 is read by a library that wants a file on a disk. */
const kerasRefused = ({ root }: ModelUrl) =>
  invalidRequest(
    "model",
    `${root} has Keras's weights (.h5), which a page does not read`,
    "Run `facet convert FOLDER OUT` once, and serve what it writes.",
  )

/** A file that is packed, and its size where the host tells. */
interface Weights {
  readonly name: string
  readonly bytes: number
}

/** @returns undefined for a model that is stored as it is. */
async function weightsToPack(remote: Remote, options: RemoteModelOptions): Promise<ReadonlyArray<Weights> | undefined> {
  const { packAbove = mostPlainBytes, packing = "auto" } = options
  const { files, url } = remote
  if (url.file !== undefined) {
    const parts = isSbs(url.file) ? [url.file] : ggufParts(url.file)
    return Promise.all(parts.map((part) => describe(remote, part)))
  }
  if (isPacked(await readJsonObject(files, configFile))) {
    if (packing === "auto") return undefined
    throw invalidRequest(
      "dtype",
      `the weights of ${url.root} are packed already`,
      "Leave it out, or name a plain model.",
    )
  }
  const isSingle = await files.exists(singleWeights)
  if (!isSingle && !(await files.exists(weightsIndex)) && (await files.exists(kerasWeights))) throw kerasRefused(url)
  const names = isSingle ? [singleWeights] : new Set((await readShardIndex(files)).values())
  const weights = await Promise.all([...names].map((name) => describe(remote, name)))
  const bytes = weights.reduce((sum, file) => sum + file.bytes, 0)
  return packing === "auto" && bytes <= packAbove ? undefined : weights
}

/** As `convertModel` marks a folder. */
function isPacked({ facet }: { readonly facet?: unknown }): boolean {
  return isJsonObject(facet) && facet["quantization"] !== undefined
}

async function describe({ signal, source }: Remote, name: string): Promise<Weights> {
  const description = await retry(source, name, signal, () => source.describe(name))
  return { name, bytes: description?.size ?? 0 }
}

/** A file that does not come in parts would have to be held whole. */
async function checkParts({ signal, source }: Remote, weights: ReadonlyArray<Weights>): Promise<void> {
  for (const { name } of weights) {
    const body = await retry(source, name, signal, () => source.open(name, 0, { end: 1 }))
    body.cancel()
    if (body.isPartial && body.validator !== undefined) continue
    const problem = body.isPartial ? "names no version of it (`ETag`, `Last-Modified`)" : "does not send parts of it"
    throw new DownloadError({
      url: `${source.root}/${name}`,
      problem: `its weights are packed while they are read, and the host ${problem}`,
      remedy:
        "Serve it from a host that answers Range requests with an ETag, or a folder that `facet convert` has made of it.",
    })
  }
}

const unchecked = (id: string) =>
  invalidRequest(
    "sha256",
    `the weights of ${id} are packed while they are read in parts, and no checksum of a whole file comes of that`,
    "Leave it out, or host the folder that `facet convert` makes, and check its files.",
  )
