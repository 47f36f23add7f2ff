/** Opens one sparse autoencoder on a web server. Runs in a dedicated worker. */
import { ScopeFileError } from "../words/Errors.ts"
import type { Site } from "../words/Site.ts"
import { saeConfigFile } from "../files/ModelFileNames.ts"
import { otherKind } from "./otherKind.ts"
import { placeSae } from "./placeSae.ts"
import { readSae } from "./SaeFile.ts"
import { isOtherKind, isSaeLensFile, parameterFiles, readSaePath, type SaeEntry } from "./SaePath.ts"
import { downloadScope } from "../files/opfs/downloadModel.browser.ts"
import { DownloadMeter } from "../files/http/DownloadMeter.ts"
import { httpFolder } from "../files/http/httpFolder.ts"
import { checkAtOnce, isAsRead, isInPlace } from "../files/PlacedArray.ts"
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
 * Opens one autoencoder by the URL of its parameters, with the `labels.json` beside it, if there is one, and SAELens' `cfg.json`.
 *
 * @param given where the autoencoder belongs, where its path does not say it in Gemma Scope's way.
 *
 * Rejects with a `ScopeFileError` when the URL names no such file, its place is not known, or it is too large to be unpacked
 * in a page; with an `InvalidRequestError` when `given` contradicts the path, and as `openRemoteFolder` does.
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
  if (!file.endsWith(".npz") && !parameterFiles.includes(file)) {
    throw refuse(
      url,
      "in a browser a scope is one file, and this URL names no parameters of an autoencoder",
      `Give the URL of one ${parameterFiles.join(" or ")}; a server cannot be asked for the list of a folder.`,
    )
  }
  place.hash = ""
  const address = place.href
  place.pathname = place.pathname.slice(0, slash)
  // Stored under its own URL: a model may lie in the same folder.
  const folder = { ...folderUrl(place.href, self.location.href), address, href: folderUrl(address, address).href }
  const path = `${decodeURIComponent(place.pathname)}${file}`
  if (isOtherKind(path)) throw otherKind(url)
  // What only its own words can tell is found out below.
  const isSelfDescribed = isSaeLensFile(file)
  if (!isSelfDescribed && readSaePath(path, file, given) === undefined) throw unplaced(url)
  const files = await openRemote(folder, options, {
    download: (download, from) =>
      downloadScope(download, from, isSelfDescribed ? [saeConfigFile, file] : [file], async (bytes) => {
        if (bytes <= mostUnseen) return
        // The directory of an archive is small, and says whether the rest is worth fetching.
        const { arrays } = await readSae(httpFolder(download.source, new DownloadMeter(url, undefined), {}), file)
        for (const array of Object.values(arrays)) if (!isInPlace(array)) checkAtOnce(url, array)
        // The encoder is given to the runtime as a whole.
        if (!isAsRead(arrays.W_enc)) checkAtOnce(url, arrays.W_enc)
      }),
    probe: (found) => found.readRange(file, 0, 1),
  })
  const entry = await placeSae(files, path, file, given)
  if (entry === undefined) throw unplaced(url)
  return { root: files.root, entries: [entry], files }
}

/** In bytes: a larger file is looked into before it is fetched. */
const mostUnseen = 1024 ** 3

const unplaced = (url: string): ScopeFileError =>
  refuse(
    url,
    "its path does not say which layer and site of the model it belongs to",
    "Give `layer` and `site`, or keep it in Gemma Scope's folders: resid_post/layer_20/width_16k/average_l0_71.",
  )

function parse(url: string): URL {
  try {
    return new URL(url, self.location.href)
  } catch {
    throw refuse(url, "not a URL", "Give the URL of one autoencoder's parameters, such as a params.npz.")
  }
}

const refuse = (file: string, problem: string, remedy: string): ScopeFileError =>
  new ScopeFileError({ file, problem, remedy })
