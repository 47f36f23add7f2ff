/** Where a model folder lies on the web, and its files. */
import { DownloadError } from "../../words/Errors.ts"
import { type HubId, readHubId } from "../readHubId.ts"

/** A folder on a web server. */
export interface FolderUrl {
  /** What it is opened by, and listed as. */
  readonly address: string
  /** What it is stored under. Ends with `/`, before its query: two folders with different queries are two folders. */
  readonly href: string
  /** The folder without its query, which may hold a secret, and without the last `/`: for messages. */
  readonly root: string
  /** Where a file of the folder is fetched from; the folder's query is kept, since it may sign the request. */
  readonly fileUrl: (name: string) => string
}

/**
 * Reads the URL of a folder: absolute, relative to `base`, or a Hugging Face Hub id such as `google/gemma-2-2b-it`, of
 * the revision that it names (`google/gemma-2-2b-it@v1`) or of `main`.
 *
 * @throws DownloadError when it is none of these, is not http(s), or carries a password.
 */
export function folderUrl(model: string, base: string): FolderUrl {
  // A relative URL starts with `.` or `/`.
  const hub = readHubId(model)
  const url = parse(hub === undefined ? model : hubUrl(hub), model, base)
  const refuse = (problem: string, remedy: string): DownloadError => new DownloadError({ url: model, problem, remedy })
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refuse(`a browser opens model folders over http(s), not ${url.protocol}`, "Serve the folder over https.")
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse("a URL with a user name or a password cannot be fetched", "Use a URL without them.")
  }
  url.hash = ""
  if (!url.pathname.endsWith("/")) url.pathname += "/"
  const root = `${url.origin}${url.pathname.slice(0, -1)}`
  const fileUrl = (name: string): string => {
    const file = new URL(url)
    file.pathname += name.split("/").map(encodeURIComponent).join("/")
    return file.href
  }
  return { address: url.href, href: url.href, root, fileUrl }
}

/** Of a repository's files; ends with `/`. */
export const hubUrl = ({ repository, revision = "main" }: HubId): string =>
  `https://huggingface.co/${repository}/resolve/${encodeURIComponent(revision)}/`

function parse(url: string, model: string, base: string): URL {
  try {
    return new URL(url, base)
  } catch {
    throw new DownloadError({
      url: model,
      problem: "not a URL",
      remedy:
        'Use an https URL of a model folder, a path such as "/models/gemma/", or an id such as "google/gemma-2-2b-it".',
    })
  }
}
