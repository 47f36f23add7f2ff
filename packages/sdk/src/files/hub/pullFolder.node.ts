/** A model from a host that names no hashes, into Facet's cache. */
import { stat } from "node:fs/promises"
import { join } from "node:path"
import { checkDiskRoom } from "../disk/checkDiskRoom.node.ts"
import { openFolder } from "../disk/openFolder.node.ts"
import type { DownloadMeter } from "../http/DownloadMeter.ts"
import type { HttpSource } from "../http/HttpSource.ts"
import { weightsIndex } from "../ModelFileNames.ts"
import { readShardIndex } from "../readShardIndex.ts"
import { downloadAll, leftOf } from "./downloadAll.node.ts"
import type { DownloadedFolder } from "./DownloadedFolder.node.ts"
import type { NeededFiles } from "./neededFiles.ts"
import type { PullOptions } from "./PullOptions.ts"

export interface FolderPull {
  readonly source: HttpSource
  readonly folder: DownloadedFolder
  readonly needed: NeededFiles
  /** In bytes, of the files whose size is known. */
  readonly sizeOf: (name: string) => Promise<number | undefined>
  readonly meter: DownloadMeter
  /** The page and version, for who is asked whether to go on. */
  readonly page: string
  readonly revision: string | undefined
}

/** Fetches what is missing. Rejects as `pullRepository` does. */
export async function pullFolder(pull: FolderPull, { onPlan, rangeBytes, signal }: PullOptions): Promise<void> {
  const { folder, meter, needed, page, revision, source } = pull
  const sizes = new Map<string, number | undefined>()
  const describe = async (names: ReadonlyArray<string>): Promise<void> => {
    for (const name of names) {
      const size = await pull.sizeOf(name)
      sizes.set(name, size)
      if (size !== undefined) meter.expect(name, size)
    }
  }
  const fetchAll = async (names: ReadonlyArray<string>): Promise<void> => {
    const missing: Array<string> = []
    for (const name of names) {
      const there = await sizeOnDisk(join(folder.path, name))
      if (there === undefined) missing.push(name)
      else meter.start(name, there)
    }
    const downloads = missing.map((name) => ({
      source,
      name,
      target: join(folder.path, name),
      size: sizes.get(name),
      meter,
      signal,
      rangeBytes,
    }))
    await downloadAll(downloads, () => Promise.resolve())
  }
  await describe([...needed.small, ...needed.weights])
  await fetchAll(needed.small)
  const index = needed.small.includes(weightsIndex) ? await readShardIndex(await openFolder(folder.path)) : undefined
  const shards = [...new Set(index?.values())].toSorted()
  await describe(shards)
  const weights = [...needed.weights, ...shards]
  let missingBytes = 0
  for (const name of weights) {
    const target = join(folder.path, name)
    if ((await sizeOnDisk(target)) === undefined)
      missingBytes += Math.max(0, (sizes.get(name) ?? 0) - (await leftOf(target)))
  }
  const totalBytes = [...sizes.values()].reduce<number>((sum, size) => sum + (size ?? 0), 0)
  await onPlan?.({ page, revision, licence: undefined, totalBytes, missingBytes })
  await checkDiskRoom(folder.path, missingBytes)
  await fetchAll(weights)
}

const sizeOnDisk = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  )
