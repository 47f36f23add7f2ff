/** Downloads one file to the disk: continues what an earlier download left, and never glues two versions. */
import { DownloadError } from "../../words/Errors.ts"
import { checkEnd } from "../http/checkEnd.ts"
import type { HttpBody } from "../http/HttpSource.ts"
import { Patience } from "../http/retry.ts"
import { StartCheck } from "../http/StartCheck.ts"
import type { Connections } from "./Connections.node.ts"
import type { FileDownload, Receiving } from "./FileDownload.node.ts"
import { OtherVersion, receiveRanges } from "./receiveRanges.node.ts"
import { PartialDownload } from "./PartialDownload.node.ts"
import { readEtag } from "./readEtag.ts"

/** Large enough that asking costs nothing beside it, and small enough that some of them are held in memory. */
const usualRangeBytes = 16 * 1024 * 1024

/** How often a file may turn out wrong at its end before the host is given up. */
const mostAttempts = 2

/**
 * Downloads a file to its end, a large one over several connections at once. When it fails or is aborted, what has arrived is kept for the next time.
 *
 * Rejects with a `DownloadError` when the host fails, or sends what is not the file; with a `StorageError` when the disk
 * refuses; and with the signal's reason when aborted.
 */
export async function downloadFile(download: FileDownload, connections: Connections): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const problem = await downloadOnce(download, connections)
    if (problem === undefined) return
    // The bytes may have been damaged on this disk, or on the way: all of them are fetched once more.
    if (attempt === mostAttempts) throw wrongBytes(download, problem)
  }
}

/** @returns what is wrong with what arrived, which is gone then; undefined when the file is in its place. */
async function downloadOnce(
  { target, ...download }: FileDownload,
  connections: Connections,
): Promise<string | undefined> {
  const { hash, meter, name, signal, size } = download
  const partial = await PartialDownload.open(target, hash, size)
  let isOpen = true
  try {
    await partial.restore(signal, (bytes) => meter.check(name, bytes))
    meter.start(name, partial.length)
    if (size !== undefined) meter.expect(name, size)
    await receiveAll({ ...download, connections, partial, checkIdentity: (body) => checkIdentity(download, body) })
    const hex = partial.hex()
    const isRight = hash === undefined || hex === hash.hex
    isOpen = false
    if (!isRight) {
      await partial.discard()
      return `the bytes that arrived have the hash ${hex}, and the host says ${hash.hex}`
    }
    await partial.finish(target)
    meter.finish(name)
    return undefined
  } finally {
    if (isOpen) await partial.close()
  }
}

/** Asks until the file has its last byte. */
async function receiveAll(receiving: Receiving): Promise<void> {
  const { connections, hash, meter, name, partial, rangeBytes = usualRangeBytes, signal, size, source } = receiving
  const patience = new Patience(source, name, signal)
  let furthest = partial.length
  let mayBeSplit = true
  // A process that died between the last byte and the rename left nothing to ask for.
  while (hash === undefined || size === undefined || partial.length !== size) {
    try {
      const { validator } = partial.version
      const isLong = mayBeSplit && size !== undefined && size - partial.length > 2 * rangeBytes
      if (isLong && partial.length > 0 && validator !== undefined) {
        await receiveRanges(receiving, { rangeBytes, size, validator })
        return
      }
      // The first range tells which version the others must be of, and whether there are ranges at all.
      const end = isLong && partial.length === 0 ? rangeBytes : undefined
      await connections.use(() => receive(receiving, end))
      if (end === undefined || partial.length === size) return
      // What names no version is fetched in one piece.
      mayBeSplit = partial.version.validator !== undefined
    } catch (cause) {
      // Asked for the next byte, the host says what it has now, and what is stored is dropped where that is another.
      if (cause instanceof OtherVersion) {
        mayBeSplit = false
        meter.start(name, partial.length)
        continue
      }
      if (partial.length > furthest) patience.renew()
      furthest = Math.max(furthest, partial.length)
      await patience.afterFailure(cause)
    }
  }
}

/**
 * One request, read to its end. Rejects with a `HostFailure` when another may help.
 *
 * @param end the first byte that is not asked for; undefined: all to the file's end.
 */
async function receive(receiving: Receiving, end: number | undefined): Promise<void> {
  const { meter, name, partial, signal, source } = receiving
  const body = await openBody(receiving, end)
  const check = new StartCheck(source, name, body)
  const store = async (bytes: Uint8Array): Promise<void> => {
    signal?.throwIfAborted()
    if (bytes.length === 0) return
    await partial.append(bytes)
    meter.receive(name, bytes.length)
  }
  try {
    for await (const chunk of body.chunks()) await store(check.take(chunk))
    await store(check.rest())
    const isPart = end !== undefined && body.isPartial
    if (!isPart) checkEnd(source, name, partial.length, body)
    else if (partial.length < end) checkEnd(source, name, partial.length, { ...body, size: end })
  } catch (cause) {
    body.cancel()
    throw cause
  }
}

/** A body that continues what is stored, or one from the file's start on, for which what is stored is dropped. */
async function openBody(receiving: Receiving, end: number | undefined): Promise<HttpBody> {
  const { meter, name, partial, source } = receiving
  const { validator } = partial.version
  let body = await source.open(name, partial.length, {
    end,
    ifRange: partial.length > 0 ? validator : undefined,
  })
  receiving.checkIdentity(body)
  if (body.offset > 0 && (validator === undefined || validator === body.validator)) return body
  if (body.offset > 0) {
    body.cancel()
    body = await source.open(name, 0)
    receiving.checkIdentity(body)
  }
  try {
    await partial.restart({ size: receiving.size ?? body.size, validator: body.validator })
  } catch (cause) {
    body.cancel()
    throw cause
  }
  meter.start(name, 0)
  if (body.size !== undefined) meter.expect(name, body.size)
  return body
}

/** A hub that names other content than its list did a moment ago has another version now. */
function checkIdentity({ hash, name, size, source }: Omit<FileDownload, "target">, body: HttpBody): void {
  const linked = readEtag(body.linkedEtag)
  const isOther = hash !== undefined && linked?.kind === hash.kind && linked.hex !== hash.hex
  if (!isOther && (size === undefined || body.size === undefined || size === body.size)) return
  body.cancel()
  throw new DownloadError({
    url: `${source.root}/${name}`,
    problem: isOther
      ? "the file changed while it was fetched"
      : `the host sends ${body.size} bytes, and its list says ${size}`,
    remedy: "Try again: the newest version is fetched then.",
  })
}

function wrongBytes({ name, source }: FileDownload, problem: string): DownloadError {
  return new DownloadError({
    url: `${source.root}/${name}`,
    problem,
    remedy:
      "Something between here and the host changes what it sends (a proxy, a virus scanner); try another network.",
  })
}
