/**
 * A hub as the real one behaves, on two ports: the hub itself, with its API, `resolve` and logins, and another host that
 * large files come from. Faults are planted by the test.
 */
import { createHash, randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface HostedFile {
  readonly bytes: Buffer
  /** Whether it lies in large file storage, as weights do. */
  readonly isLarge: boolean
}

export interface HostedRepository {
  readonly commit: string
  readonly files: Map<string, HostedFile>
  readonly gated?: boolean
  readonly licence?: string
}

export interface Asked {
  readonly host: "hub" | "cdn"
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage["headers"]
}

/** What a test may do to an answer. */
export interface Faults {
  /** An answer in place of the real one. */
  answer?: ((asked: Asked) => Answer | undefined) | undefined
  /** After how many bytes of a body the connection breaks. */
  cut?: ((asked: Asked) => number | undefined) | undefined
  /** After how many bytes of a body nothing more comes, while the connection stays. */
  stallAfter?: ((asked: Asked) => number | undefined) | undefined
  /** What becomes of a body. */
  change?: ((asked: Asked, body: Buffer) => Buffer) | undefined
  /** The CDN's own ETag. */
  cdnEtag?: ((asked: Asked) => string) | undefined
  /** Whether `Range` is not heeded. */
  ignoresRanges?: boolean | undefined
  /** How long what was sent has to arrive before the connection breaks, in milliseconds: a break may overtake it. */
  cutAfterMs?: number | undefined
  /** Between the answer's head and its body, in milliseconds. */
  delayMs?: ((asked: Asked) => number) | undefined
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const sha = (kind: "sha1" | "sha256", ...parts: ReadonlyArray<Buffer | string>): string => {
  const hash = createHash(kind)
  for (const part of parts) hash.update(part)
  return hash.digest("hex")
}

export const sha256 = (bytes: Buffer): string => sha("sha256", bytes)
export const gitHash = (bytes: Buffer): string => sha("sha1", `blob ${bytes.length}\0`, bytes)

const pageSize = 3

export class HubServer implements AsyncDisposable {
  readonly repositories = new Map<string, HostedRepository>()
  readonly datasets = new Map<string, HostedRepository>()
  readonly asked: Array<Asked> = []
  faults: Faults = {}
  /** Bodies of large files that were under way at once, at most. */
  mostAtOnce = 0
  #atOnce = 0
  /** The login that may read what is gated. */
  token = "hf_secret"
  readonly #hub: Server
  readonly #cdn: Server

  private constructor() {
    this.#hub = createServer((request, response) => this.#answerHub(request, response))
    this.#cdn = createServer((request, response) => this.#answerCdn(request, response))
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer()
    for (const one of [server.#hub, server.#cdn]) await new Promise<void>((done) => one.listen(0, "127.0.0.1", done))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`
  }

  /** Another host: another port is another origin. */
  get cdnUrl(): string {
    return `http://127.0.0.1:${(this.#cdn.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    }
  }

  /** Puts a small model on the hub: two shards of weights, and whatever else is given. */
  publish(id: string, { extra = {}, gated = false, seed = 1, weightsBytes = 40_000 } = {}): HostedRepository {
    const files = new Map<string, HostedFile>()
    const text = (name: string, value: unknown) =>
      files.set(name, { bytes: Buffer.from(JSON.stringify(value)), isLarge: false })
    const shard = (index: number) => `model-0000${index}-of-00002.safetensors`
    text("config.json", { architectures: ["Gemma2ForCausalLM"], seed })
    text("generation_config.json", { eos_token_id: 1 })
    text("tokenizer.json", { version: "1.0", model: { type: "BPE" } })
    text("tokenizer_config.json", {})
    text("model.safetensors.index.json", { weight_map: { a: shard(1), b: shard(2) } })
    files.set("README.md", { bytes: Buffer.from("# A model"), isLarge: false })
    files.set("pytorch_model.bin", { bytes: randomBytes(100), isLarge: true })
    for (const index of [1, 2]) {
      files.set(shard(index), { bytes: safetensors(weightsBytes, seed * 10 + index), isLarge: true })
    }
    for (const [name, bytes] of Object.entries<Buffer>(extra)) files.set(name, { bytes, isLarge: bytes.length > 1000 })
    const commit = sha("sha1", id, String(seed))
    const repository = { commit, files, gated, licence: "gemma" }
    this.repositories.set(id, repository)
    return repository
  }

  /** Puts files of a dataset on the hub. */
  publishDataset(id: string, contents: Readonly<Record<string, Buffer>>): HostedRepository {
    const files = new Map(
      Object.entries(contents).map(([name, bytes]) => [name, { bytes, isLarge: bytes.length > 1000 }]),
    )
    const repository = { commit: sha("sha1", "dataset", id), files, licence: "cc-by-4.0" }
    this.datasets.set(id, repository)
    return repository
  }

  #answerHub(request: IncomingMessage, response: ServerResponse): void {
    const asked = this.#record("hub", request)
    const planted = this.faults.answer?.(asked)
    if (planted !== undefined) return send(response, planted)
    const url = new URL(request.url ?? "/", this.url)
    const api = /^\/api\/(?:models|datasets)\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)(?:\/(.+))?$/.exec(url.pathname)
    const resolve = /^\/(?:datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname)
    const id = api?.[1] ?? resolve?.[1]
    const isDataset = url.pathname.startsWith("/datasets/") || url.pathname.startsWith("/api/datasets/")
    const kept = isDataset ? this.datasets : this.repositories
    const repository = id === undefined ? undefined : kept.get(id)
    const login = request.headers.authorization
    if (login !== undefined && login !== `Bearer ${this.token}`) {
      return send(response, { status: 401, body: '{"error":"Invalid credentials"}', headers: json })
    }
    if (repository === undefined) {
      // The real hub does not tell strangers what there is.
      const status = login === undefined ? 401 : 404
      return send(response, { status, headers: { ...json, "x-error-code": "RepoNotFound" }, body: "{}" })
    }
    const revision = decodeURIComponent(api?.[3] ?? resolve?.[2] ?? "")
    if (!["main", "v1", "HEAD", repository.commit].includes(revision)) {
      return send(response, { status: 404, headers: { ...json, "x-error-code": "RevisionNotFound" }, body: "{}" })
    }
    if (api?.[2] === "revision") {
      const { commit: hash, files, gated, licence } = repository
      const siblings = [...files.keys()].map((rfilename) => ({ rfilename }))
      const access = gated === true ? "manual" : false
      const body = { _id: "1", id, sha: hash, gated: access, private: false, cardData: { license: licence }, siblings }
      return send(response, { status: 200, headers: json, body: JSON.stringify(body) })
    }
    if (api?.[2] === "tree") return this.#sendTree(response, url, repository, api[4] ?? "")
    if (repository.gated === true && login === undefined) {
      return send(response, { status: 401, headers: { "x-error-code": "GatedRepo" }, body: "Access is restricted" })
    }
    this.#sendFile(asked, response, repository, decodeURIComponent(resolve?.[3] ?? ""))
  }

  /** A few at a time, as the real one has a thousand. */
  #sendTree(response: ServerResponse, url: URL, { files }: HostedRepository, folder: string): void {
    const inFolder = [...files].filter(([path]) => path.split("/").slice(0, -1).join("/") === folder)
    const at = Number(url.searchParams.get("cursor") ?? 0)
    const page = inFolder.slice(at, at + pageSize).map(([path, { bytes, isLarge }]) => ({
      type: "file",
      oid: isLarge ? gitHash(pointerOf(bytes)) : gitHash(bytes),
      size: bytes.length,
      path,
      ...(isLarge && { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 }, xetHash: sha256(bytes) }),
    }))
    url.searchParams.set("cursor", String(at + pageSize))
    const hasMore = at + pageSize < inFolder.length
    send(response, {
      status: 200,
      headers: { ...json, ...(hasMore && { link: `<${url.href}>; rel="next"` }) },
      body: JSON.stringify(page),
    })
  }

  #sendFile(asked: Asked, response: ServerResponse, { commit, files }: HostedRepository, name: string): void {
    const file = files.get(name)
    if (file === undefined) {
      return send(response, { status: 404, headers: { "x-error-code": "EntryNotFound" }, body: "Entry not found" })
    }
    const { bytes, isLarge } = file
    if (!isLarge) {
      return this.#sendBytes(asked, response, bytes, { etag: `"${gitHash(bytes)}"`, "x-repo-commit": commit })
    }
    response.writeHead(302, {
      location: `${this.cdnUrl}/blob/${sha256(bytes)}?Signature=${randomBytes(8).toString("hex")}`,
      "x-repo-commit": commit,
      "x-linked-etag": `"${sha256(bytes)}"`,
      "x-linked-size": String(bytes.length),
      "x-xet-hash": sha256(bytes),
      etag: '"of the redirect"',
    })
    response.end()
  }

  #answerCdn(request: IncomingMessage, response: ServerResponse): void {
    const asked = this.#record("cdn", request)
    const planted = this.faults.answer?.(asked)
    if (planted !== undefined) return send(response, planted)
    const hash = /^\/blob\/([\da-f]{64})/.exec(request.url ?? "")?.[1]
    const files = [...this.repositories.values(), ...this.datasets.values()].flatMap((repository) => [
      ...repository.files.values(),
    ])
    const file = files.find(({ bytes }) => sha256(bytes) === hash)
    if (file === undefined) return send(response, { status: 404 })
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce)
    let isOpen = true
    const end = (): void => {
      if (isOpen) this.#atOnce--
      isOpen = false
    }
    // Before its last bytes are on their way: whoever gets them may ask for more at once.
    response.once("prefinish", end).once("close", end)
    this.#sendBytes(asked, response, file.bytes, { etag: this.faults.cdnEtag?.(asked) ?? `"cdn-${hash?.slice(0, 8)}"` })
  }

  #sendBytes(asked: Asked, response: ServerResponse, whole: Buffer, headers: Record<string, string>): void {
    const { change, cut, cutAfterMs = 0, delayMs, ignoresRanges = false } = this.faults
    const range = /^bytes=(\d+)-(\d*)$/.exec(asked.headers.range ?? "")
    const condition = asked.headers["if-range"]
    const isRanged = range !== null && !ignoresRanges && (condition === undefined || condition === headers["etag"])
    const first = isRanged ? Number(range[1]) : 0
    if (isRanged && first >= whole.length) {
      return send(response, { status: 416, headers: { "content-range": `bytes */${whole.length}` } })
    }
    const last = isRanged && range[2] !== "" ? Math.min(Number(range[2]), whole.length - 1) : whole.length - 1
    const part = whole.subarray(first, last + 1)
    const body = change?.(asked, part) ?? part
    response.writeHead(isRanged ? 206 : 200, {
      ...headers,
      "accept-ranges": "bytes",
      "content-type": "application/octet-stream",
      "content-length": String(body.length),
      ...(isRanged && { "content-range": `bytes ${first}-${last}/${whole.length}` }),
    })
    if (asked.method === "HEAD") return void response.end()
    const length = cut?.(asked)
    const sent = this.faults.stallAfter?.(asked)
    if (sent !== undefined) return void response.write(body.subarray(0, sent))
    const say = () => {
      if (length === undefined || length >= body.length) return void response.end(body)
      response.write(body.subarray(0, length), () => setTimeout(() => response.destroy(), cutAfterMs))
    }
    const delay = delayMs?.(asked) ?? 0
    if (delay > 0) setTimeout(say, delay)
    else say()
  }

  #record(host: Asked["host"], { headers, method = "GET", url = "/" }: IncomingMessage): Asked {
    const asked = { host, method, path: url, headers }
    this.asked.push(asked)
    return asked
  }
}

const json = { "content-type": "application/json; charset=utf-8" }

function send(response: ServerResponse, { body = "", headers = {}, status }: Answer): void {
  response.writeHead(status, headers)
  response.end(body)
}

const pointerOf = (bytes: Buffer): Buffer =>
  Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(bytes)}\nsize ${bytes.length}\n`)

/** Bytes that begin as a safetensors file does. */
export function safetensors(length: number, seed: number): Buffer {
  const header = Buffer.from(JSON.stringify({ a: { dtype: "U8", shape: [length], data_offsets: [0, length] } }))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(header.length))
  const data = Buffer.alloc(length)
  let state = seed * 2_654_435_761
  for (let i = 0; i < length; i++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    data[i] = state >>> 16
  }
  return Buffer.concat([size, header, data])
}
