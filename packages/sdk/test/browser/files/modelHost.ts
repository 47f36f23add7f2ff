/**
 * A web server that models are downloaded from in tests, over real HTTP: as good hosts do it, and as each bad one does it
 * wrong. Tests add folders to it and read what was asked of them, over HTTP too, since they run in a browser.
 */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"

declare module "vitest" {
  interface ProvidedContext {
    /** The address of the host, without a slash at its end. */
    readonly modelHost: string
  }
}

/** How a host treats one folder; what is left out is as a good host does it. */
export interface Behaviour {
  /** Size of the weights in bytes, all files together. Default 3 MiB. */
  readonly weightsBytes?: number
  /** Files that the weights are in; more than one with an index. Default 1. */
  readonly shards?: number
  /** Another version has other bytes, and another ETag and date. Default 1. */
  readonly version?: number
  /** Whether other sites may read. Default true. */
  readonly cors?: boolean
  /** Whether pages of other sites see `ETag` and `Content-Range`. Default true. */
  readonly exposes?: boolean
  /** Whether ranges are heeded. Default true. */
  readonly ranges?: boolean
  /** What names the version. Default "etag". */
  readonly validator?: "etag" | "weak-etag" | "date" | "none"
  /** Whether HEAD is known, or ends the connection. Default true. */
  readonly head?: boolean | "breaks"
  /** Files that are not there. */
  readonly missing?: ReadonlyArray<string>
  /** Files in whose place a web page comes, with status 200; `*` for all. */
  readonly pages?: ReadonlyArray<string>
  /** Other contents and types of files. */
  readonly contents?: Readonly<Record<string, string>>
  readonly types?: Readonly<Record<string, string>>
  readonly statuses?: Readonly<Record<string, number>>
  /** Sizes that HEAD announces. */
  readonly announced?: Readonly<Record<string, number>>
  /** The connection breaks after so many bytes of a response with weights, `breaks` times. */
  readonly breakAfter?: number
  readonly breaks?: number
  /** Bytes a second. Default: as fast as it goes. */
  readonly speed?: number
  /** So many bytes of a response with weights come as fast as it goes, and the rest drop by drop. */
  readonly crawlsAfter?: number
  /** Answers that never come, by file. */
  readonly silent?: ReadonlyArray<string>
  /** Ranges start so many bytes too late. */
  readonly shift?: number
  /** Bodies are sent as gzip, asked for or not: `whole` ones, or the `parts` that were asked for. */
  readonly gzips?: "whole" | "parts"
  /** The server is not there: connections are closed without an answer. */
  readonly isDown?: boolean
}

/** One request for a file, as the log has it. */
export interface LoggedRequest {
  readonly method: string
  readonly file: string
  readonly range: string | undefined
  readonly status: number
  /** Bytes of the body that were written. */
  sentBytes: number
}

/** What a test is told of a folder that it added. */
export interface HostedFolder {
  readonly id: number
  readonly url: string
  /** SHA-256 and size of every file, by its name. */
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>
}

interface Folder {
  behaviour: Behaviour
  files: ReadonlyMap<string, Buffer>
  breaksLeft: number
  readonly log: Array<LoggedRequest>
}

const page = "<!doctype html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>"

/** Starts the server on a free port of this machine. */
export async function startModelHost(): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const folders: Array<Folder> = []
  const server = createServer((request, response) => {
    void handle(folders, request, response).catch((cause: unknown) => response.destroy(cause as Error))
  })
  const url = await listen(server)
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done())
      server.closeAllConnections()
    })
  return { url, close }
}

function listen(server: Server): Promise<string> {
  return new Promise((done, fail) => {
    server.once("error", fail)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address === null || typeof address === "string") return fail(new Error("the host got no port"))
      done(`http://127.0.0.1:${address.port}`)
    })
  })
}

/** `/control`, `/control/7`, `/log/7` are for tests; `/7/config.json` and so on are the folders. */
async function handle(folders: Array<Folder>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, first = "", ...rest] = new URL(request.url ?? "/", "http://host").pathname.split("/")
  if (first === "control") return json(response, await control(folders, request, rest[0]))
  if (first === "log") return json(response, folders[Number(rest[0])]?.log ?? [])
  const folder = folders[Number(first)]
  if (folder === undefined) return void response.writeHead(404).end()
  await serveFile(folder, decodeURIComponent(rest.join("/")), request, response)
}

async function control(
  folders: Array<Folder>,
  request: IncomingMessage,
  known: string | undefined,
): Promise<HostedFolder> {
  const parts: Array<Buffer> = []
  for await (const part of request) parts.push(part)
  // Tests alone send this.
  const behaviour = JSON.parse(Buffer.concat(parts).toString()) as Behaviour
  const id = known === undefined ? folders.length : Number(known)
  const files = makeFiles(id, behaviour)
  folders[id] = { behaviour, files, breaksLeft: behaviour.breaks ?? Infinity, log: folders[id]?.log ?? [] }
  const facts = [...files].map(([name, bytes]) => [name, { sha256: sha256(bytes), bytes: bytes.length }] as const)
  return { id, url: `http://${request.headers.host}/${id}/`, files: Object.fromEntries(facts) }
}

function json(response: ServerResponse, value: object): void {
  response.writeHead(200, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" })
  response.end(JSON.stringify(value))
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

function makeFiles(id: number, behaviour: Behaviour): ReadonlyMap<string, Buffer> {
  const { contents = {}, missing = [], shards = 1, version = 1, weightsBytes = 3 * 1024 * 1024 } = behaviour
  const files = new Map<string, Buffer>([
    ["config.json", Buffer.from(JSON.stringify({ architectures: ["Gemma2ForCausalLM"], version }))],
    ["tokenizer.json", Buffer.from(JSON.stringify({ model: { vocab: { "▁a": 0 } }, version }))],
    ["generation_config.json", Buffer.from(JSON.stringify({ eos_token_id: 1 }))],
  ])
  const names = Array.from({ length: shards }, (_, i) =>
    shards === 1 ? "model.safetensors" : `model-0000${i + 1}-of-0000${shards}.safetensors`,
  )
  for (const name of names) {
    files.set(name, safetensors(`${id} ${version} ${name}`, Math.floor(weightsBytes / shards)))
  }
  if (shards > 1) {
    const map = Object.fromEntries(names.map((name, i) => [`tensor${i}`, name]))
    files.set("model.safetensors.index.json", Buffer.from(JSON.stringify({ weight_map: map })))
  }
  for (const [name, text] of Object.entries(contents)) files.set(name, Buffer.from(text))
  for (const name of missing) files.delete(name)
  return files
}

/** One tensor of bytes that no compression shortens and that differ from version to version. */
function safetensors(seed: string, size: number): Buffer {
  const header = (length: number) =>
    Buffer.from(JSON.stringify({ tensor: { dtype: "U8", shape: [length], data_offsets: [0, length] } }).padEnd(120))
  const length = size - 128
  const bytes = Buffer.alloc(size)
  bytes.writeBigUInt64LE(120n)
  header(length).copy(bytes, 8)
  let state = createHash("sha256").update(seed).digest().readUInt32LE()
  for (let at = 128; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

async function serveFile(
  folder: Folder,
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { behaviour } = folder
  if (behaviour.isDown) return void request.socket.destroy()
  const method = request.method ?? "GET"
  if (method === "HEAD" && behaviour.head === "breaks") return void request.socket.destroy()
  const isPage = behaviour.pages?.some((name) => name === "*" || name === file) === true
  const content = isPage ? Buffer.from(page) : folder.files.get(file)
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "")
  const isRanged = wanted !== null && behaviour.ranges !== false && behaviour.gzips !== "whole" && !isPage
  const start = isRanged ? Number(wanted[1]) + (Number(wanted[1]) > 0 ? (behaviour.shift ?? 0) : 0) : 0
  const end = isRanged && wanted[2] !== "" ? Math.min(Number(wanted[2]) + 1, content?.length ?? 0) : content?.length
  const status = statusOf(behaviour, file, method, content, isRanged, start)
  const entry: LoggedRequest = { method, file, range: request.headers.range, status, sentBytes: 0 }
  folder.log.push(entry)
  if (behaviour.silent?.includes(file)) return
  const plain = status === 200 || status === 206 ? (content?.subarray(start, end) ?? Buffer.alloc(0)) : Buffer.alloc(0)
  const body = behaviour.gzips === undefined ? plain : gzipSync(plain)
  const announced = method === "HEAD" ? behaviour.announced?.[file] : undefined
  response.writeHead(status, {
    ...headersOf(behaviour, file, isPage),
    ...(behaviour.gzips === undefined ? {} : { "Content-Encoding": "gzip" }),
    "Content-Length": announced ?? (method === "HEAD" ? (content?.length ?? 0) : body.length),
    ...(status === 206 && content !== undefined
      ? { "Content-Range": `bytes ${start}-${start + plain.length - 1}/${content.length}` }
      : {}),
    ...(status === 416 ? { "Content-Range": `bytes */${content?.length}` } : {}),
  })
  if (method === "HEAD") return void response.end()
  await send(folder, file, body, entry, response)
}

function statusOf(
  behaviour: Behaviour,
  file: string,
  method: string,
  content: Buffer | undefined,
  isRanged: boolean,
  start: number,
): number {
  if (behaviour.statuses?.[file] !== undefined) return behaviour.statuses[file]
  // A preflight is not answered: what the SDK sends must need none.
  if (method === "OPTIONS" || (method === "HEAD" && behaviour.head === false)) return 405
  if (content === undefined) return 404
  if (method === "HEAD" || !isRanged) return 200
  return start >= content.length ? 416 : 206
}

function headersOf(behaviour: Behaviour, file: string, isPage: boolean): Record<string, string> {
  const { cors = true, exposes = true, ranges = true, types = {}, validator = "etag", version = 1 } = behaviour
  return {
    "Content-Type": isPage ? "text/html; charset=utf-8" : (types[file] ?? typeOf(file)),
    ...(ranges ? { "Accept-Ranges": "bytes" } : {}),
    ...(cors ? { "Access-Control-Allow-Origin": "*" } : {}),
    ...(cors && exposes ? { "Access-Control-Expose-Headers": "ETag, Content-Range" } : {}),
    ...(validator === "etag" ? { ETag: `"v${version}"` } : {}),
    ...(validator === "weak-etag" ? { ETag: `W/"v${version}"` } : {}),
    ...(validator === "date" || validator === "etag"
      ? { "Last-Modified": new Date(Date.UTC(2026, 0, version)).toUTCString() }
      : {}),
  }
}

const typeOf = (file: string): string => (file.endsWith(".json") ? "application/json" : "application/octet-stream")

const chunkBytes = 64 * 1024

async function send(
  folder: Folder,
  file: string,
  body: Buffer,
  entry: LoggedRequest,
  response: ServerResponse,
): Promise<void> {
  const { behaviour } = folder
  const isWeights = file.endsWith(".safetensors")
  const breakAt = isWeights && folder.breaksLeft > 0 ? (behaviour.breakAfter ?? Infinity) : Infinity
  for (let at = 0; at < body.length; at += chunkBytes) {
    if (response.destroyed) return
    const chunk = body.subarray(at, Math.min(at + chunkBytes, body.length, breakAt))
    if (chunk.length > 0) await write(response, chunk)
    entry.sentBytes += chunk.length
    if (at + chunkBytes > breakAt) {
      folder.breaksLeft--
      // What was written is to arrive before the break does.
      await pause(50)
      response.destroy()
      return
    }
    if (isWeights && behaviour.speed !== undefined) await pause((chunk.length / behaviour.speed) * 1000)
    if (isWeights && at >= (behaviour.crawlsAfter ?? Infinity)) await pause(200)
  }
  response.end()
}

const write = (response: ServerResponse, chunk: Buffer): Promise<void> =>
  new Promise((done) => {
    if (response.write(chunk)) return done()
    const finish = () => {
      response.off("drain", finish)
      response.off("close", finish)
      done()
    }
    response.on("drain", finish)
    response.on("close", finish)
  })

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds))
