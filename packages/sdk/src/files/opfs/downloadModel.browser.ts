/** Downloads a model's folder into the browser's storage. */
import { DownloadError } from "../../words/Errors.ts"
import { downloadFile, type DownloadOptions, isSameVersion, type WantedFile } from "./downloadFile.browser.ts"
import type { FolderUrl } from "../http/folderUrl.ts"
import type { Description } from "../http/HttpSource.ts"
import { configFile, labelsFile, optionalFiles, requiredFiles, singleWeights, weightsIndex } from "../ModelFileNames.ts"
import { readShardIndex } from "../readShardIndex.ts"
import { checkRoom } from "./originStorage.browser.ts"
import { nothingToCheck } from "../http/checksumProblem.ts"
import { retry } from "../http/retry.ts"

type Described = ReadonlyMap<string, Description>

/**
 * Fetches what is missing of a model's folder, from its small files to its weights.
 *
 * Nothing large is fetched before the host has proved to have a model, and the browser to have room for it.
 */
export async function downloadModel(options: DownloadOptions, url: FolderUrl): Promise<void> {
  const { folder, source } = options
  await folder.saveRecord({ url: url.address, files: [configFile], isComplete: false })
  await downloadAnew(options, configFile, false)
  const described = await describeAll(options, [...requiredFiles, ...optionalFiles, singleWeights])
  for (const name of requiredFiles) if (!described.has(name)) throw absent(source.root, name)
  if (!described.has(singleWeights)) {
    if (!(await downloadAnew(options, weightsIndex, true))) throw absent(source.root, singleWeights)
    const index = await readShardIndex(folder.files(source.root, [weightsIndex]))
    const shards = [...new Set(index.values())].sort()
    for (const [name, description] of await describeAll(options, shards)) described.set(name, description)
    for (const name of shards) if (!described.has(name)) throw absent(source.root, name)
  }
  const stored = await downloadAll(options, url, described)
  const index = described.has(singleWeights) ? [] : [weightsIndex]
  await finish(options, url, [configFile, ...index, ...stored])
}

/**
 * Fetches what is missing of one autoencoder: its parameters and what `names` them beside, and the labels where there are any.
 *
 * @param check told the parameters' size, in bytes, before they are fetched.
 */
export async function downloadScope(
  options: DownloadOptions,
  url: FolderUrl,
  names: ReadonlyArray<string>,
  check: (bytes: number) => Promise<void>,
): Promise<void> {
  const described = await describeAll(options, [...names, labelsFile])
  for (const name of names) if (!described.has(name)) throw absent(options.source.root, name)
  await check(Math.max(...[...described.values()].map(({ size = 0 }) => size)))
  await finish(options, url, await downloadAll(options, url, described))
}

/** Small files that say what else there is must be the host's latest. */
async function downloadAnew(options: DownloadOptions, name: string, isOptional: boolean): Promise<boolean> {
  await options.folder.removeFile(name)
  return downloadFile(options, { name, isOptional })
}

const isRequired = (name: string): boolean => !optionalFiles.includes(name) && name !== labelsFile

async function describeAll(options: DownloadOptions, names: ReadonlyArray<string>): Promise<Map<string, Description>> {
  const { meter, signal, source } = options
  const found = new Map<string, Description>()
  await Promise.all(
    names.map(async (name) => {
      const description = await retry(source, name, signal, () => source.describe(name))
      if (description === undefined) return
      // Where the model cannot do without the file, the download says what came in its place.
      const isDoubtful = description.mimeType === "text/html" && isDispensable(name)
      if (isDoubtful && (await retry(source, name, signal, () => source.isPage(name)))) return
      found.set(name, description)
      if (description.size !== undefined) meter.expect(name, description.size)
    }),
  )
  // In the order they were asked for: small files first.
  return new Map(names.flatMap((name) => (found.has(name) ? [[name, found.get(name)!] as const] : [])))
}

/** Weights in one file are, where they may be in several. */
const isDispensable = (name: string): boolean => !isRequired(name) || name === singleWeights

/** @returns the names of those that are there. */
async function downloadAll(
  options: DownloadOptions,
  url: FolderUrl,
  described: Described,
): Promise<ReadonlyArray<string>> {
  const { folder, meter } = options
  let neededBytes = 0
  const missing: Array<WantedFile> = []
  for (const [name, description] of described) {
    const record = await folder.fileRecord(name)
    const storedBytes = record?.storedBytes ?? 0
    meter.start(name, storedBytes)
    if (record?.isComplete === true && !isExpected(options, name, record.sha256)) await folder.removeFile(name)
    else if (record !== undefined && isSameVersion(record, description) && (await folder.isWhole(name))) continue
    missing.push({ name, isOptional: !isRequired(name), description })
    neededBytes += Math.max(0, (description.size ?? 0) - storedBytes)
  }
  await checkRoom(neededBytes)
  await folder.saveRecord({ url: url.address, files: [...described.keys()], isComplete: false })
  const absentAfterAll = new Set<string>()
  for (const wanted of missing) {
    if (!(await downloadFile(options, wanted))) absentAfterAll.add(wanted.name)
  }
  return [...described.keys()].filter((name) => !absentAfterAll.has(name))
}

/** Whether a file is the one that is expected, where one is. */
const isExpected = ({ sha256 }: DownloadOptions, name: string, found: string): boolean =>
  (sha256?.[name] ?? found).toLowerCase() === found

async function finish(options: DownloadOptions, url: FolderUrl, files: ReadonlyArray<string>): Promise<void> {
  const { folder, sha256 = {}, source } = options
  const unknown = Object.keys(sha256).find((name) => !files.includes(name))
  if (unknown !== undefined) throw nothingToCheck(`${source.root}/${unknown}`)
  await folder.keepOnly(files)
  await folder.saveRecord({ url: url.address, files, isComplete: true })
}

function absent(root: string, name: string): DownloadError {
  const weights = name === singleWeights ? `, and no ${weightsIndex} either` : ""
  return new DownloadError({
    url: `${root}/${name}`,
    problem: `there is no such file${weights}`,
    remedy: "Check the URL of the model's folder, and that every file of the model was uploaded.",
  })
}
