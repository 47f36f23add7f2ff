/** A model folder whose files a bundler placed: each under a URL of its own. */
import type { Progress } from "../../words/Progress.ts"
import { DownloadError } from "../../words/Errors.ts"
import { contentProblem } from "./contentProblem.ts"
import { DownloadMeter } from "./DownloadMeter.ts"
import { checkRange, decodeText, missingFile } from "../FileBytes.ts"
import type { ModelFiles } from "../ModelFiles.ts"
import { whyUnreachable } from "./whyUnreachable.browser.ts"

export interface AssetOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Stops fetching; reads then reject with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a folder of assets. Each is fetched whole when it is first read, and kept in memory: they are small.
 *
 * @param root what the folder is called in messages and in progress.
 * @param urls where each file lies, by its name; `data:` and `blob:` URLs are fine.
 *
 * Its methods reject with a `ModelFileError` for a file that has no URL, and with a `DownloadError` when its URL gives
 * something else.
 */
export function openAssets(
  root: string,
  urls: ReadonlyMap<string, string>,
  { onProgress, signal }: AssetOptions = {},
): ModelFiles {
  const meter = new DownloadMeter(root, onProgress)
  const fetched = new Map<string, Promise<Uint8Array>>()
  const failed = new Set<string>()
  const path = (name: string): string => `${root}/${name}`

  const read = (name: string): Promise<Uint8Array> => {
    const known = fetched.get(name)
    if (known !== undefined) return known
    const url = urls.get(name)
    if (url === undefined) return Promise.reject(missingFile(path(name)))
    meter.ask(name)
    const cache = failed.has(name) ? "reload" : "default"
    const reading = fetchAsset(name, new URL(url, self.location.href).href, meter, { cache, ...signalOf(signal) })
    fetched.set(name, reading)
    // A failure may pass: the next reader tries again, past the HTTP cache, which may have kept the wrong answer.
    reading.catch(() => {
      meter.giveUp(name)
      failed.add(name)
      fetched.delete(name)
    })
    return reading
  }

  return {
    root,
    exists: (name) => Promise.resolve(urls.has(name)),
    size: async (name) => (await read(name)).length,
    readWhole: read,
    readText: async (name) => decodeText(path(name), await read(name)),
    places: (names) => Promise.resolve({ folder: root, paths: new Map(names.map((name) => [name, name])) }),
    readRange: async (name, offset, length) => {
      const bytes = await read(name)
      checkRange(path(name), bytes.length, offset, length)
      // A copy: whoever reads may hand its buffer to another thread.
      return bytes.slice(offset, offset + length)
    },
  }
}

const signalOf = (signal: AbortSignal | undefined): RequestInit => (signal === undefined ? {} : { signal })

async function fetchAsset(name: string, url: string, meter: DownloadMeter, init: RequestInit): Promise<Uint8Array> {
  const { signal } = init
  const shown = url.startsWith("data:") ? `data: URL of ${name}` : url
  const response = url.startsWith("data:") ? new Response(bytesOfDataUrl(url)) : await answered(url, shown, init)
  const refuse = (problem: string, remedy: string): DownloadError => new DownloadError({ url: shown, problem, remedy })
  if (!response.ok) {
    await response.body?.cancel()
    throw refuse(
      `the server answered with status ${response.status}`,
      "Deploy the files that the bundler wrote, all of them.",
    )
  }
  const length = Number(response.headers.get("content-length") ?? 0)
  meter.start(name, 0)
  if (length > 0) meter.expect(name, length)
  const bytes = await readBody(name, response, meter, signal).catch((cause: unknown) => {
    signal?.throwIfAborted()
    throw refuse(`the connection broke (${String(cause)})`, "Check the network and try again.")
  })
  const found = contentProblem(name, bytes, response.headers.get("content-type")?.split(";")[0] ?? "")
  if (found !== undefined) throw refuse(found.problem, found.remedy)
  meter.finish(name)
  return bytes
}

/** Bundlers write small files into the code. A page's policy may forbid to fetch such a URL, though it holds everything. */
function bytesOfDataUrl(url: string): Uint8Array<ArrayBuffer> {
  const comma = url.indexOf(",")
  const data = url.slice(comma + 1)
  if (!url.slice(0, comma).endsWith(";base64")) return new TextEncoder().encode(decodeURIComponent(data))
  return Uint8Array.from(atob(decodeURIComponent(data)), (character) => character.charCodeAt(0))
}

async function answered(url: string, shown: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch {
    init.signal?.throwIfAborted()
    throw new DownloadError({ url: shown, ...(await whyUnreachable(url)) })
  }
}

async function readBody(
  name: string,
  response: Response,
  meter: DownloadMeter,
  signal: AbortSignal | null | undefined,
): Promise<Uint8Array> {
  const reader = response.body?.getReader()
  const chunks: Array<Uint8Array<ArrayBuffer>> = []
  for (;;) {
    signal?.throwIfAborted()
    const part = await reader?.read()
    if (part === undefined || part.done) break
    chunks.push(part.value)
    meter.receive(name, part.value.length)
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}
