/** A model folder that is read over HTTP and kept nowhere. */
import { DownloadError, ModelFileError } from "../../words/Errors.ts"
import type { Checksums } from "../../words/Checksums.ts"
import { byteCount } from "../../words/byteCount.ts"
import { checksumProblem } from "./checksumProblem.ts"
import { contentProblem } from "./contentProblem.ts"
import type { DownloadMeter } from "./DownloadMeter.ts"
import { checkRange, decodeText, missingFile } from "../FileBytes.ts"
import { HostFailure } from "./HostFailure.ts"
import type { Description, HttpBody, HttpSource } from "./HttpSource.ts"
import type { ModelFiles } from "../ModelFiles.ts"
import { Sha256 } from "../Sha256.ts"
import { retry } from "./retry.ts"

/** Bytes of a file, and where they start in it. */
interface Part {
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface HttpFolderOptions {
  readonly signal?: AbortSignal | undefined
  /** What files must be: one that is another is an error. */
  readonly sha256?: Checksums | undefined
}

/** So much of a file is kept in memory, where it has to be read in one piece: half a gibibyte. */
const mostWhole = 512 * 1024 * 1024

/**
 * Reads files by ranges, and those of a host without ranges whole.
 *
 * Rejects with a `DownloadError` when the host fails, and with a `ModelFileError` when a file changes while it is read.
 */
export function httpFolder(
  source: HttpSource,
  meter: DownloadMeter,
  { sha256 = {}, signal }: HttpFolderOptions = {},
): ModelFiles {
  const wholes = new Map<string, Promise<Uint8Array>>()
  const descriptions = new Map<string, Promise<Description | undefined>>()
  /** The version that a file was first seen in: later answers must be of the same one. */
  const seen = new Map<string, string | undefined>()
  const path = (name: string): string => `${source.root}/${name}`

  const remember = <A>(map: Map<string, Promise<A>>, name: string, read: () => Promise<A>): Promise<A> => {
    const known = map.get(name)
    if (known !== undefined) return known
    const reading = read()
    map.set(name, reading)
    // A failure may pass: the next reader tries again.
    reading.catch(() => map.delete(name))
    return reading
  }

  const describe = (name: string): Promise<Description | undefined> =>
    remember(descriptions, name, () => retry(source, name, signal, () => source.describe(name)))

  /** @param answer a whole file that is on its way already. */
  const whole = (name: string, answer?: HttpBody): Promise<Uint8Array> => {
    if (wholes.has(name)) answer?.cancel()
    let first = answer
    return remember(wholes, name, () =>
      retry(source, name, signal, async () => {
        const body = first ?? (await source.open(name, 0))
        first = undefined
        meter.start(name, 0)
        const bytes = await readAll(source, meter, name, body)
        checkContent(name, bytes)
        return bytes
      }),
    )
  }

  return {
    root: source.root,
    exists: async (name) => {
      const description = await describe(name)
      if (description?.mimeType !== "text/html") return description !== undefined
      return !(await retry(source, name, signal, () => source.isPage(name)))
    },
    size: async (name) => {
      const description = await describe(name)
      if (description === undefined) throw missingFile(path(name))
      return description.size ?? (await whole(name)).length
    },
    places: (names) => Promise.resolve({ folder: source.root, paths: new Map(names.map((name) => [name, name])) }),
    readWhole: (name) => whole(name),
    readText: async (name) => decodeText(path(name), await whole(name)),
    readRange: async (name, offset, length) => {
      if (length === 0) return new Uint8Array(0)
      const part =
        wholes.has(name) || sha256[name] !== undefined
          ? { offset: 0, bytes: await wholeOf(name) }
          : await retry(source, name, signal, () => readPart(name, offset, length))
      checkRange(path(name), part.offset + part.bytes.length, offset, length)
      return part.offset === offset && part.bytes.length === length
        ? part.bytes
        : part.bytes.slice(offset - part.offset, offset - part.offset + length)
    },
  }

  /** A file that is only one when it comes in one piece. */
  async function wholeOf(name: string): Promise<Uint8Array> {
    const size = (await describe(name))?.size ?? 0
    if (size <= mostWhole) return whole(name)
    const why =
      sha256[name] === undefined
        ? "the host names no version of it (`ETag`, `Last-Modified`)"
        : "a checksum is expected of it"
    throw new DownloadError({
      url: path(name),
      problem: `${why}, so it has to be read in one piece, and has ${byteCount(size)}`,
      remedy: 'Open it with `storage: "persistent"`, or serve it with an ETag.',
    })
  }

  function checkContent(name: string, bytes: Uint8Array): void {
    const expected = sha256[name]
    if (expected === undefined) return
    const hash = new Sha256()
    hash.update(bytes)
    if (hash.hex() !== expected.toLowerCase()) throw checksumProblem(path(name), expected, hash.hex())
  }

  /** The bytes that are asked for, or all from a host that ignores ranges. */
  async function readPart(name: string, offset: number, length: number): Promise<Part> {
    const size = (await describe(name))?.size
    if (size !== undefined) checkRange(path(name), size, offset, length)
    const body = await source.open(name, offset, { end: offset + length })
    if (!body.isPartial) return { offset: 0, bytes: await whole(name, body) }
    if (body.validator === undefined) {
      // Two parts could be of two versions, and nothing would tell.
      body.cancel()
      return { offset: 0, bytes: await wholeOf(name) }
    }
    if (seen.has(name) && seen.get(name) !== body.validator) {
      body.cancel()
      throw new ModelFileError({
        file: path(name),
        problem: "changed on the host while it was read",
        remedy: "Open the model again.",
      })
    }
    seen.set(name, body.validator)
    return { offset, bytes: await readExactly(meter, name, body, length) }
  }
}

async function readAll(source: HttpSource, meter: DownloadMeter, name: string, body: HttpBody): Promise<Uint8Array> {
  const chunks: Array<Uint8Array> = []
  let length = 0
  for await (const chunk of body.chunks()) {
    chunks.push(chunk)
    length += chunk.length
    meter.receive(name, chunk.length)
  }
  if (body.size !== undefined && length < body.size) throw new HostFailure("broken", "the host stopped too early")
  const bytes = joined(chunks, length)
  const found = contentProblem(name, bytes, body.mimeType)
  if (found === undefined) return bytes
  throw new DownloadError({ url: `${source.root}/${name}`, problem: found.problem, remedy: found.remedy })
}

async function readExactly(meter: DownloadMeter, name: string, body: HttpBody, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  for await (const chunk of body.chunks()) {
    const fitting = chunk.subarray(0, length - filled)
    bytes.set(fitting, filled)
    filled += fitting.length
    meter.receive(name, fitting.length)
  }
  if (filled < length) throw new HostFailure("broken", "the host stopped too early")
  return bytes
}

function joined(chunks: ReadonlyArray<Uint8Array>, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
