/** Downloads one file into the browser's storage: continues what an earlier download left, and never glues two versions. */
import type { Checksums } from "../../words/Checksums.ts"
import { StorageError } from "../../words/Errors.ts"
import { checksumProblem } from "../http/checksumProblem.ts"
import { checkEnd } from "../http/checkEnd.ts"
import type { DownloadMeter } from "../http/DownloadMeter.ts"
import type { Description, HttpBody, HttpSource } from "../http/HttpSource.ts"
import type { OpfsFolder } from "./OpfsFolder.browser.ts"
import { cleared, storageError } from "./originStorage.browser.ts"
import type { PartialFile } from "./PartialFile.browser.ts"
import { Patience } from "../http/retry.ts"
import { StartCheck } from "../http/StartCheck.ts"

/** A download that begins anew, though some of the file was there. */
export interface Restart {
  readonly file: string
  /**
   * `changed`: the host has another version now, or nothing that proves it to be the same; `no-range`: it cannot send a
   * part of a file; `damaged`: what was stored is not what had arrived.
   */
  readonly reason: "changed" | "no-range" | "damaged"
}

export interface DownloadOptions {
  readonly source: HttpSource
  readonly folder: OpfsFolder
  readonly meter: DownloadMeter
  readonly signal?: AbortSignal | undefined
  readonly onRestart?: ((restart: Restart) => void) | undefined
  /** What files must be: one that is another is not kept. */
  readonly sha256?: Checksums | undefined
}

export interface WantedFile {
  readonly name: string
  /** Whether the model can do without it. */
  readonly isOptional: boolean
  /** What the host said of it a moment ago. */
  readonly description?: Description
}

/**
 * Downloads a file to its end. When it fails or is aborted, what has arrived is kept for the next time.
 *
 * @returns false when there is no such file and it is optional.
 */
export async function downloadFile(options: DownloadOptions, wanted: WantedFile): Promise<boolean> {
  try {
    return await download(options, wanted)
  } catch (cause) {
    throw await causeOf(cause, options.folder, wanted)
  }
}

/** Of a file that was taken away under it, a browser says what it says of a full disk. */
async function causeOf(cause: unknown, folder: OpfsFolder, { name }: WantedFile): Promise<unknown> {
  if (!(cause instanceof StorageError)) return cause
  const size = await folder.storedSize(name).catch(() => undefined)
  return size === undefined ? cleared() : cause
}

async function download(options: DownloadOptions, wanted: WantedFile): Promise<boolean> {
  const { description, isOptional, name } = wanted
  const { folder, meter, signal, source } = options
  const partial = await folder.openPartial(name)
  let isThere = false
  try {
    const reason = await partial
      .restore(signal, (bytes) => meter.check(name, bytes))
      .catch((cause: unknown) => {
        signal?.throwIfAborted()
        throw storageError(cause)
      })
    if (reason !== undefined) options.onRestart?.({ file: name, reason })
    meter.start(name, partial.length)
    const patience = new Patience(source, name, signal)
    let furthest = partial.length
    // A tab that closed between the last byte and the last record left nothing to ask for.
    isThere = description !== undefined && isSameVersion(partial, description) && partial.length === description.size
    while (!isThere) {
      try {
        isThere = await receive(options, name, partial, isOptional)
        if (!isThere) break
      } catch (cause) {
        if (partial.length > furthest) patience.renew()
        furthest = Math.max(furthest, partial.length)
        await patience.afterFailure(cause)
      }
    }
    if (isThere) {
      checkContent(options, name, partial)
      onDisk(() => partial.save(true))
      meter.finish(name)
    }
  } finally {
    if (!isThere) keepWhatCame(partial)
    partial.close()
  }
  if (!isThere) await folder.removeFile(name)
  return isThere
}

/** Nothing of a file that is another than expected is taken up again. */
function checkContent({ sha256, source }: DownloadOptions, name: string, partial: PartialFile): void {
  const expected = sha256?.[name]
  if (expected === undefined || partial.sha256 === expected.toLowerCase()) return
  const found = partial.sha256
  onDisk(() => partial.restart(undefined, undefined))
  throw checksumProblem(`${source.root}/${name}`, expected, found)
}

/** One request, read to its end. Rejects with a `HostFailure` when another may help. */
async function receive(
  options: DownloadOptions,
  name: string,
  partial: PartialFile,
  isOptional: boolean,
): Promise<boolean> {
  const body = await openBody(options, name, partial, isOptional)
  if (body === undefined) return false
  const check = new StartCheck(options.source, name, body)
  try {
    for await (const chunk of body.chunks()) store(options, name, partial, check.take(chunk))
    store(options, name, partial, check.rest())
    checkEnd(options.source, name, partial.length, body)
    return true
  } catch (cause) {
    body.cancel()
    // What many hosts send for a file that is not there.
    if (isOptional && check.hasFoundPage) return false
    throw cause
  }
}

/** A body that continues what is stored, or one from the file's start on, for which what is stored is dropped. */
async function openBody(
  { meter, onRestart, source }: DownloadOptions,
  name: string,
  partial: PartialFile,
  isOptional: boolean,
): Promise<HttpBody | undefined> {
  const open = (offset: number) => (isOptional ? source.open(name, offset, { isOptional }) : source.open(name, offset))
  let body = await open(partial.length)
  if (body === undefined) return undefined
  const isSame = isSameVersion(partial, body)
  if (body.offset > 0 && isSame) return body
  if (partial.length > 0) onRestart?.({ file: name, reason: isSame ? "no-range" : "changed" })
  if (body.offset > 0) {
    body.cancel()
    body = await open(0)
    if (body === undefined) return undefined
  }
  try {
    partial.restart(body.size, body.validator)
  } catch (cause) {
    body.cancel()
    throw storageError(cause)
  }
  meter.start(name, 0)
  if (body.size !== undefined) meter.expect(name, body.size)
  return body
}

/** Whether bytes of both can be put together. */
export const isSameVersion = (
  stored: Pick<HttpBody, "size" | "validator">,
  sent: Pick<HttpBody, "size" | "validator">,
): boolean =>
  stored.validator !== undefined &&
  stored.validator === sent.validator &&
  (stored.size === undefined || sent.size === undefined || stored.size === sent.size)

function store({ meter, signal }: DownloadOptions, name: string, partial: PartialFile, bytes: Uint8Array): void {
  signal?.throwIfAborted()
  if (bytes.length === 0) return
  onDisk(() => partial.append(bytes))
  meter.receive(name, bytes.length)
}

/** Runs something on the open file; what the storage throws becomes a `StorageError`. */
function onDisk<A>(run: () => A): A {
  try {
    return run()
  } catch (cause) {
    throw storageError(cause)
  }
}

/** A failure is under way already; the record of a moment ago is good enough when the last one cannot be written. */
function keepWhatCame(partial: PartialFile): void {
  try {
    partial.save(false)
  } catch {}
}
