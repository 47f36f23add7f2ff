/** What the Hub says of a repository: its commit, its files, its licence. */
import type { Fetch } from "../http/HttpSource.ts"
import { checkRelativePath } from "./checkRelativePath.ts"
import { type AskedHub, hubPage, hubRefusal } from "./hubRefusal.ts"
import { JsonApi } from "./JsonApi.node.ts"
import type { PullOptions } from "./PullOptions.ts"
import { type ContentHash, readEtag } from "./readEtag.ts"

export interface RepositoryFile {
  /** Relative to the repository's root. */
  readonly path: string
  /** In bytes. */
  readonly size: number
  readonly hash: ContentHash | undefined
}

/** A repository at one commit. */
export interface Repository {
  readonly commit: string
  /** As its card names it: `gemma`. */
  readonly licence: string | undefined
  readonly files: ReadonlyArray<RepositoryFile>
}

/** No model has more; a list without an end is a fault of the host's. */
const mostFiles = 10_000

/**
 * Looks a repository up.
 *
 * @param folder whose files are wanted, without those of folders in it; the repository's root is `""`.
 * @param fetch brings the login, and only where it belongs: the library would send it to whatever a list names next.
 *
 * Rejects with a `DownloadError` that says what to do, and with the signal's reason when aborted.
 */
export async function lookUpRepository(
  hub: AskedHub,
  folder: string,
  fetch: Fetch,
  { retryDelaysMs, signal, stallMs }: PullOptions,
): Promise<Repository> {
  const page = hubPage(hub)
  const api = new JsonApi({
    page,
    fetch,
    whyRefused: (response) => hubRefusal(hub, page, response),
    remedy:
      "For a mirror of the Hub set HF_ENDPOINT. A machine without a network takes a folder that was copied to it: the docs' page on downloading says how.",
    retryDelaysMs,
    signal,
    stallMs,
  })
  // Only who downloads needs the library.
  const { datasetInfo, listFiles, modelInfo } = await import("@huggingface/hub")
  const asked = { hubUrl: hub.endpoint, fetch: fetchOf(api) }
  return api.understood(async () => {
    const wanted = { ...asked, name: hub.repository, revision: hub.revision }
    const { cardData, sha: commit } =
      hub.kind === "dataset"
        ? await datasetInfo({ ...wanted, additionalFields: ["sha", "cardData"] })
        : await modelInfo({ ...wanted, additionalFields: ["sha", "cardData"] })
    if (!/^[\da-f]{40}$/.test(commit)) throw api.misunderstood("it names no commit")
    const files: Array<RepositoryFile> = []
    const where = folder === "" ? {} : { path: folder }
    for await (const entry of listFiles({
      ...asked,
      ...where,
      repo: { type: hub.kind ?? "model", name: hub.repository },
      revision: commit,
    })) {
      const { lfs, oid, path, size, type } = entry
      if (type !== "file") continue
      checkRelativePath(page, path)
      const bytes: unknown = lfs?.size ?? size
      if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0) {
        throw api.misunderstood(`it gives ${path} no size`)
      }
      files.push({ path, size: bytes, hash: readEtag(lfs?.oid ?? oid) })
      if (files.length > mostFiles) throw api.misunderstood("its list of files has no end")
    }
    const licence: unknown = cardData?.license
    return { commit, licence: typeof licence === "string" ? licence : undefined, files }
  })
}

const fetchOf =
  (api: JsonApi): typeof fetch =>
  (input, init) =>
    api.get(input instanceof Request ? input.url : String(input), init)
