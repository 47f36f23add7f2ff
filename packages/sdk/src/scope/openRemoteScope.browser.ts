/** Opens one sparse autoencoder on a web server. Runs in a dedicated worker. */
import { ScopeFileError } from "../words/Errors.ts"
import type { Site } from "../words/Site.ts"
import { readSaePath, type SaeEntry } from "./Catalogue.ts"
import { downloadScope } from "../files/opfs/downloadModel.browser.ts"
import { folderUrl } from "../files/http/folderUrl.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { openRemote, type RemoteFolderOptions } from "../files/opfs/openRemoteFolder.browser.ts"

/** A folder of autoencoders, what is in it, and its files. */
export interface RemoteScope {
  readonly root: string
  readonly entries: ReadonlyArray<SaeEntry>
  readonly files: ModelFiles
}

/**
 * Opens one `params.npz` by its URL, with the `labels.json` beside it, if there is one.
 *
 * @param given where the autoencoder belongs, where its path does not say it in Gemma Scope's way.
 *
 * Rejects with a `ScopeFileError` when the URL names no `.npz` or its place is not known, with an `InvalidRequestError`
 * when `given` contradicts the path, and as `openRemoteFolder` does.
 *
 * @example
 * await openRemoteScope("https://example.org/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz")
 */
export async function openRemoteScope(
  url: string,
  given: Partial<Site> = {},
  options: RemoteFolderOptions = {},
): Promise<RemoteScope> {
  const place = parse(url)
  const slash = place.pathname.lastIndexOf("/") + 1
  const file = decodeURIComponent(place.pathname.slice(slash))
  if (!file.endsWith(".npz")) {
    throw refuse(
      url,
      "in a browser a scope is one file, and this URL names no .npz",
      "Give the URL of one params.npz; a server cannot be asked for the list of a folder.",
    )
  }
  place.hash = ""
  const address = place.href
  place.pathname = place.pathname.slice(0, slash)
  // Stored under its own URL: a model may lie in the same folder.
  const folder = { ...folderUrl(place.href, self.location.href), address, href: folderUrl(address, address).href }
  const entry = readSaePath(`${decodeURIComponent(place.pathname)}${file}`, file, given)
  if (entry === undefined) {
    throw refuse(
      url,
      "its path does not say which layer and site of the model it belongs to",
      "Give `layer` and `site`, or keep it in Gemma Scope's folders: resid_post/layer_20/width_16k/average_l0_71.",
    )
  }
  const files = await openRemote(folder, options, {
    download: (download, from) => downloadScope(download, from, file),
    probe: (found) => found.readRange(file, 0, 1),
  })
  return { root: files.root, entries: [entry], files }
}

function parse(url: string): URL {
  try {
    return new URL(url, self.location.href)
  } catch {
    throw refuse(url, "not a URL", "Give the URL of one params.npz.")
  }
}

const refuse = (file: string, problem: string, remedy: string): ScopeFileError =>
  new ScopeFileError({ file, problem, remedy })
