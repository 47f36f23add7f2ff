/** A variation of a model on Kaggle. Source of the routes: Kaggle's API, as kagglehub speaks it. */
import { readdir } from "node:fs/promises"
import { withLock } from "../disk/withLock.node.ts"
import { DownloadMeter } from "../http/DownloadMeter.ts"
import { HttpSource } from "../http/HttpSource.ts"
import { isJsonObject, type JsonObject } from "../ModelFiles.ts"
import { DownloadError } from "../../words/Errors.ts"
import { checkRelativePath } from "./checkRelativePath.ts"
import { DownloadedFolder, downloadsFolder } from "./DownloadedFolder.node.ts"
import { JsonApi } from "./JsonApi.node.ts"
import { kaggleEndpoint, kaggleLogin } from "./KaggleSettings.node.ts"
import { loginFetch } from "./loginFetch.node.ts"
import type { KaggleSource } from "./ModelSource.ts"
import { neededFiles } from "./neededFiles.ts"
import { pullFolder } from "./pullFolder.node.ts"
import type { Pulled, PullOptions } from "./PullOptions.ts"

/** No model has more pages of files. */
const mostPages = 100

/** What was downloaded before: of the version that is named, or of the newest that there is here. */
export async function findKaggle(source: KaggleSource): Promise<string | undefined> {
  const versions = source.version === undefined ? await versionsHere(source) : [source.version]
  for (const version of versions) {
    const folder = folderOf(source, version)
    if (await folder.isWhole()) return folder.path
  }
  return undefined
}

/** The newest first. */
async function versionsHere(source: KaggleSource): Promise<ReadonlyArray<number>> {
  const start = nameOf(source)
  const names = await readdir(downloadsFolder()).catch(() => [])
  const versions = names.flatMap((name) =>
    name.startsWith(start) ? [Number(/^(\d+)-/.exec(name.slice(start.length))?.[1])] : [],
  )
  return [...new Set(versions.filter((version) => version > 0))].toSorted((a, b) => b - a)
}

/** Fetches it, unless it is there. Rejects as `pullRepository` does. */
export async function pullKaggle(source: KaggleSource, options: PullOptions = {}): Promise<Pulled> {
  const { onProgress, retryDelaysMs, signal, stallMs } = options
  const endpoint = kaggleEndpoint()
  const login = kaggleLogin()
  const fetch = loginFetch(new URL(endpoint).origin, login)
  const { framework, model, owner, variation } = source
  const page = `${endpoint}/models/${owner}/${model}`
  const route = `${endpoint}/api/v1/models/${owner}/${model}/${framework}/${variation}`
  const whyRefused = (response: Response) => refusal(page, login !== undefined, response)
  const api = new JsonApi({ page, fetch, whyRefused, remedy: "", retryDelaysMs, signal, stallMs })
  const version = source.version ?? (await newestVersion(api, route))
  const folder = folderOf(source, version)
  const meter = new DownloadMeter(`${owner}/${model}/${framework}/${variation}`, onProgress)
  await withLock(folder.lock, { signal, onWait: () => meter.waiting() }, async () => {
    if (await folder.isWhole()) return
    const sizes = await listFiles(api, page, `${route}/${version}/files`)
    const root = `${route}/${version}/download`
    const fileUrl = (name: string): string => `${root}/${name.split("/").map(encodeURIComponent).join("/")}`
    const url = { address: root, href: root, root, fileUrl }
    const host = new HttpSource(url, {
      hasAnswered: true,
      fetch,
      retryDelaysMs,
      signal,
      stallMs,
      whyRefused: (_, response) => whyRefused(response),
    })
    const needed = neededFiles(page, [...sizes.keys()])
    const sizeOf = (name: string): Promise<number | undefined> => Promise.resolve(sizes.get(name))
    await pullFolder({ source: host, folder, needed, sizeOf, meter, page, revision: String(version) }, options)
    await folder.finish(`kaggle:${owner}/${model}/${framework}/${variation}/${version}`, undefined)
  })
  return { path: folder.path, revision: String(version), licence: undefined }
}

const nameOf = ({ framework, model, owner, variation }: KaggleSource): string =>
  `kaggle-${owner}-${model}-${framework}-${variation}-`

const folderOf = (source: KaggleSource, version: number): DownloadedFolder => {
  const name = `${nameOf(source)}${version}`
  return DownloadedFolder.of(name, name)
}

const answerOf = async (api: JsonApi, address: string): Promise<JsonObject> => {
  const value: unknown = await (await api.get(address)).json()
  if (isJsonObject(value)) return value
  throw api.misunderstood("it is no object")
}

function newestVersion(api: JsonApi, route: string): Promise<number> {
  return api.understood(async () => {
    const { versionNumber } = await answerOf(api, `${route}/get`)
    if (typeof versionNumber === "number" && Number.isSafeInteger(versionNumber)) return versionNumber
    throw api.misunderstood("it names no version")
  })
}

/** The sizes of files by their names; undefined where it is not told. */
function listFiles(api: JsonApi, page: string, address: string): Promise<ReadonlyMap<string, number | undefined>> {
  return api.understood(async () => {
    const sizes = new Map<string, number | undefined>()
    let token = ""
    for (let i = 0; i < mostPages; i++) {
      const { files, nextPageToken } = await answerOf(
        api,
        `${address}?page_size=200${token && `&page_token=${encodeURIComponent(token)}`}`,
      )
      if (!Array.isArray(files)) throw api.misunderstood("it lists no files")
      for (const file of files) {
        if (!isJsonObject(file) || typeof file["name"] !== "string") throw api.misunderstood("a file has no name")
        checkRelativePath(page, file["name"])
        const size = file["size"] ?? file["totalBytes"]
        sizes.set(file["name"], typeof size === "number" && size > 0 ? size : undefined)
      }
      if (typeof nextPageToken !== "string" || nextPageToken === "") return sizes
      token = nextPageToken
    }
    throw api.misunderstood("its list of files has no end")
  })
}

function refusal(page: string, hasLogin: boolean, { status }: Response): DownloadError | undefined {
  const refuse = (problem: string, remedy: string): DownloadError => new DownloadError({ url: page, problem, remedy })
  const account = "https://www.kaggle.com/settings"
  if (status === 401 || (status === 403 && !hasLogin)) {
    return refuse(
      hasLogin ? "the login was refused (status 401)" : `nobody is logged in (status ${status})`,
      `Set KAGGLE_API_TOKEN, or KAGGLE_USERNAME and KAGGLE_KEY, to what ${account} gives, and accept the licence on the page.`,
    )
  }
  if (status === 403)
    return refuse("its licence has not been accepted with this login (status 403)", "Visit the page and accept it.")
  if (status === 404)
    return refuse(
      "there is no such model, variation or version (status 404)",
      "Check how it is written: the page lists them.",
    )
  return undefined
}
