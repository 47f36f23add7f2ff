/** A repository of the Hub, into Hugging Face's cache. */
import { basename, join } from "node:path"
import { checkDiskRoom } from "../disk/checkDiskRoom.node.ts"
import { openFolder } from "../disk/openFolder.node.ts"
import { withLock } from "../disk/withLock.node.ts"
import { DownloadMeter } from "../http/DownloadMeter.ts"
import { type Fetch, HttpSource } from "../http/HttpSource.ts"
import { weightsIndex } from "../ModelFileNames.ts"
import { readShardIndex } from "../readShardIndex.ts"
import { DownloadError } from "../../words/Errors.ts"
import { downloadAll, leftOf } from "./downloadAll.node.ts"
import type { FileDownload } from "./FileDownload.node.ts"
import { HubCache } from "./HubCache.node.ts"
import { type AskedHub, hubPage, hubRefusal } from "./hubRefusal.ts"
import { hubEndpoint, hubToken } from "./HubSettings.node.ts"
import { loginFetch } from "./loginFetch.node.ts"
import { lookUpRepository, type Repository, type RepositoryFile } from "./lookUpRepository.node.ts"
import type { DatasetSource } from "./DatasetSource.ts"
import type { HubSource } from "./ModelSource.ts"
import { neededFiles } from "./neededFiles.ts"
import type { Pulled, PullOptions } from "./PullOptions.ts"

/**
 * Fetches what a model needs of a repository, and nothing that is there already.
 *
 * Rejects with a `DownloadError` that says what to do (which page to visit, which variable to set), with a `StorageError`
 * when the disk has no room, and with the signal's reason when aborted: what has arrived is then kept.
 */
export async function pullRepository(source: HubSource | DatasetSource, options: PullOptions = {}): Promise<Pulled> {
  const cache = new HubCache(source.repository, undefined, source.kind === "dataset" ? "datasets" : "models")
  const meter = new DownloadMeter(source.repository, options.onProgress)
  return withLock(cache.lock, { signal: options.signal, onWait: () => meter.waiting() }, () =>
    new RepositoryPull(source, options, cache, meter).run(),
  )
}

/** Content that is fetched once, for however many files of the snapshot. */
interface Placing extends FileDownload {
  readonly copies: Array<string>
}

class RepositoryPull {
  readonly #source: HubSource | DatasetSource
  readonly #options: PullOptions
  readonly #cache: HubCache
  readonly #meter: DownloadMeter
  readonly #hub: AskedHub
  /** Brings the login, to the hub alone. */
  readonly #fetch: Fetch

  constructor(source: HubSource | DatasetSource, options: PullOptions, cache: HubCache, meter: DownloadMeter) {
    this.#source = source
    this.#options = options
    this.#cache = cache
    this.#meter = meter
    const { repository, revision = "main" } = source
    const endpoint = hubEndpoint()
    const token = hubToken()
    const kind = source.kind === "dataset" ? source.kind : undefined
    this.#hub = { endpoint, repository, kind, revision, hasToken: token !== undefined }
    this.#fetch = loginFetch(new URL(endpoint).origin, token && `Bearer ${token}`)
  }

  async run(): Promise<Pulled> {
    const { file } = this.#source
    const folder = file?.split("/").slice(0, -1).join("/") ?? ""
    const found = await lookUpRepository(this.#hub, folder, this.#fetch, this.#options)
    const names = found.files.map(({ path }) => path)
    const needed =
      this.#source.kind === "dataset"
        ? { small: [], weights: [this.#source.file] }
        : neededFiles(this.#page, names, this.#source.file)
    const small = this.#expect(found, needed.small)
    const alone = this.#expect(found, needed.weights)
    // Small, and they say what else there is to fetch, and whether this login may.
    await this.#fetchAll(found, small)
    const shards = needed.small.includes(weightsIndex) ? this.#expect(found, await this.#shards(found)) : []
    const weights = [...alone, ...shards]
    await this.#agree(found, small, weights)
    await this.#fetchAll(found, weights)
    await this.#cache.point(this.#hub.revision, found.commit)
    const snapshot = this.#cache.snapshot(found.commit)
    const path = file === undefined ? snapshot : join(snapshot, file)
    return { path, revision: found.commit, licence: found.licence }
  }

  /** Nothing large is fetched before its user knows of it and the disk has room. */
  async #agree(
    found: Repository,
    small: ReadonlyArray<RepositoryFile>,
    weights: ReadonlyArray<RepositoryFile>,
  ): Promise<void> {
    const missingBytes = await this.#missing(found, weights)
    const totalBytes = [...small, ...weights].reduce((sum, { size }) => sum + size, 0)
    const { commit: revision, licence } = found
    await this.#options.onPlan?.({ page: this.#page, revision, licence, totalBytes, missingBytes })
    await checkDiskRoom(this.#cache.root, missingBytes)
  }

  get #page(): string {
    return hubPage(this.#hub)
  }

  /** The files of one commit: a branch may move while they are fetched. */
  #filesOf({ commit }: Repository): HttpSource {
    const root = `${this.#page}/resolve/${commit}`
    const fileUrl = (name: string): string => `${root}/${name.split("/").map(encodeURIComponent).join("/")}`
    const { retryDelaysMs, signal, stallMs } = this.#options
    return new HttpSource(
      { address: root, href: root, root, fileUrl },
      {
        fetch: this.#fetch,
        // To the question what there is.
        hasAnswered: true,
        whyRefused: (url, response) => hubRefusal(this.#hub, url, response),
        retryDelaysMs,
        signal,
        stallMs,
      },
    )
  }

  async #shards(found: Repository): Promise<ReadonlyArray<string>> {
    const index = await readShardIndex(await openFolder(this.#cache.snapshot(found.commit)))
    return [...new Set(index.values())].toSorted()
  }

  /** Looks files up in the list, and tells the meter of their sizes. */
  #expect(found: Repository, names: ReadonlyArray<string>): ReadonlyArray<RepositoryFile> {
    const files = names.map((name) => this.#find(found, name))
    for (const { path, size } of files) this.#meter.expect(path, size)
    return files
  }

  #find({ files }: Repository, name: string): RepositoryFile {
    const file = files.find(({ path }) => path === name)
    if (file !== undefined) return file
    throw new DownloadError({
      url: `${this.#page}/resolve/${name}`,
      ...(this.#source.kind === "dataset"
        ? { problem: "there is no such file in the repository", remedy: "See on its page what there is." }
        : {
            problem: "there is no such file in the repository, and its index names it",
            remedy: "Take a repository that is whole.",
          }),
    })
  }

  /** In bytes, without what earlier downloads left. */
  async #missing(found: Repository, files: ReadonlyArray<RepositoryFile>): Promise<number> {
    const sizes = files.map(async (file) => {
      if (await this.#isThere(found, file)) return 0
      return Math.max(0, file.size - (await leftOf(this.#cache.blob(hashOf(found, file)))))
    })
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  }

  #isThere({ commit }: Repository, { path, size }: RepositoryFile): Promise<boolean> {
    return this.#cache.has(commit, path, size)
  }

  async #fetchAll(found: Repository, files: ReadonlyArray<RepositoryFile>): Promise<void> {
    const source = this.#filesOf(found)
    const downloads = new Map<string, Placing>()
    for (const file of files) {
      const { path, size } = file
      const hash = hashOf(found, file)
      if (!(await this.#isThere(found, file)) && !(await this.#cache.hasBlob(hash, size))) {
        const { rangeBytes, signal } = this.#options
        const target = this.#cache.blob(hash)
        const same = downloads.get(hash)
        if (same !== undefined) same.copies.push(path)
        else
          downloads.set(hash, {
            source,
            name: path,
            target,
            size,
            hash: file.hash,
            meter: this.#meter,
            signal,
            rangeBytes,
            copies: [],
          })
        continue
      }
      this.#meter.start(path, size)
      if (!(await this.#isThere(found, file))) await this.#cache.place(found.commit, path, hash)
    }
    await downloadAll([...downloads.values()], async ({ copies, name, target }) => {
      for (const path of [name, ...copies]) await this.#cache.place(found.commit, path, basename(target))
    })
  }
}

/** Blobs are named by their hash; a hub that tells none gives each commit's files names of their own. */
const hashOf = ({ commit }: Repository, { hash, path }: RepositoryFile): string =>
  hash?.hex ?? `${commit}-${path.replaceAll("/", "-")}`
