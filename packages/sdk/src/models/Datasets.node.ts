/** Files of datasets, in the cache that Hugging Face's tools share. */
import type { DatasetSource } from "../files/hub/DatasetSource.ts"
import { HubCache } from "../files/hub/HubCache.node.ts"
import { isOffline } from "../files/hub/HubSettings.node.ts"
import { pullRepository } from "../files/hub/pullRepository.node.ts"
import type { PullOptions } from "../files/hub/PullOptions.ts"
import { DownloadError } from "../words/Errors.ts"

export type { DatasetSource } from "../files/hub/DatasetSource.ts"

/** Where the file lies on this machine; undefined where it was not fetched. */
export const locateDataset = ({ file, repository, revision }: DatasetSource): Promise<string | undefined> =>
  new HubCache(repository, undefined, "datasets").findFile(revision, file)

/**
 * Fetches one file of a dataset, unless it is there already.
 *
 * Rejects with a `DownloadError` that says what to do, with a `StorageError` when the disk has no room, and with the signal's
 * reason when aborted: what has arrived is then kept.
 *
 * @returns where it lies, its revision and its licence
 */
export async function pullDataset(
  source: DatasetSource,
  options: PullOptions = {},
): Promise<{ readonly path: string; readonly revision: string | undefined; readonly licence: string | undefined }> {
  if (!isOffline()) return pullRepository(source, options)
  throw new DownloadError({
    url: `datasets/${source.repository}/${source.file}`,
    problem: "it is not on this machine, and the network is not to be used (HF_HUB_OFFLINE)",
    remedy: "Fetch it where there is a network, and copy the cache; or unset HF_HUB_OFFLINE.",
  })
}
