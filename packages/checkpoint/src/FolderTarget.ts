/**
 * A folder that appears whole or not at all: it is written beside its place, under a name that says by whom, and renamed
 * when it is done.
 */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join, sep } from "node:path"
import { isJsonObject, makeFolder } from "@facet/sdk/folders"
import { InvalidRequestError } from "@facet/sdk/words"
import { checkRoom } from "./checkRoom.ts"
import type { ConversionTarget, TargetFile } from "./ConversionTarget.ts"
import { besidePlace, removeLeftovers } from "./Leftovers.ts"
import { type FileSum, manifestFile } from "./Manifest.ts"
import { openTargetFile } from "./openTargetFile.ts"
import { resolvedPath } from "./resolvedPath.ts"

export class FolderTarget implements AsyncDisposable, ConversionTarget {
  /** Where the files are written. */
  readonly folder: string
  readonly #place: string

  private constructor(place: string, folder: string) {
    this.#place = place
    this.folder = folder
  }

  /**
   * Prepares a place, and removes what conversions left there that were killed.
   *
   * Rejects with an `InvalidRequestError` when the place is the source or lies in it, is a file, or is a folder that
   * holds what no conversion wrote, or one where a disk is mounted.
   */
  static async open(target: string, source: string): Promise<FolderTarget> {
    const place = await resolvedPath(target)
    checkApart(place, await resolvedPath(source))
    await checkReplaceable(place)
    await makeFolder(dirname(place))
    await checkMount(place)
    await removeLeftovers(place)
    const folder = besidePlace(place)
    await mkdir(folder)
    return new FolderTarget(place, folder)
  }

  checkRoom(bytes: number): Promise<void> {
    return checkRoom(this.folder, bytes, this.#place)
  }

  async create(name: string, size: number): Promise<void> {
    await using handle = await open(join(this.folder, name), "wx")
    await handle.truncate(size)
  }

  open(name: string): Promise<TargetFile> {
    return openTargetFile(this.folder, name)
  }

  async finish(name: string): Promise<FileSum> {
    const path = join(this.folder, name)
    const hash = createHash("sha256")
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
    await using handle = await open(path, "r+")
    await handle.sync()
    return { bytes: (await handle.stat()).size, sha256: hash.digest("hex") }
  }

  write(name: string, bytes: Uint8Array): Promise<void> {
    return writeFile(join(this.folder, name), bytes, { flush: true })
  }

  /** Puts the folder in its place; an earlier conversion's goes. */
  async commit(): Promise<void> {
    await checkReplaceable(this.#place)
    const old = `${this.folder}-old`
    const isReplaced = await rename(this.#place, old).then(
      () => true,
      () => false,
    )
    try {
      await rename(this.folder, this.#place)
    } catch (cause) {
      if (isReplaced) await rename(old, this.#place)
      throw cause
    }
    if (isReplaced) await rm(old, { recursive: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

const refuse = (problem: string, remedy: string): InvalidRequestError =>
  new InvalidRequestError({ option: "target", problem, remedy })

function checkApart(place: string, source: string): void {
  if (place === source) throw refuse("it is the source itself", "Name another folder.")
  if (place.startsWith(source + sep)) throw refuse("it lies in the source's folder", "Name a folder outside of it.")
  if (source.startsWith(place + sep)) throw refuse("the source lies in it", "Name a folder apart from the source's.")
}

/** What a conversion wrote may be written anew; nobody else's files are touched. */
async function checkReplaceable(place: string): Promise<void> {
  const entry = await stat(place).catch(() => undefined)
  if (entry === undefined) return
  if (!entry.isDirectory()) throw refuse(`${place} is a file`, "Name a folder that is not there yet.")
  const names = await readdir(place)
  if (names.length === 0) return
  const own = new Set([manifestFile, ...((await readManifestFiles(place)) ?? [])])
  const foreign = names.find((name) => !own.has(name))
  if (foreign === undefined) return
  throw refuse(
    `the folder ${place} holds ${foreign}, which no conversion wrote`,
    "Name a folder that is empty or not there yet.",
  )
}

/** The folder of a mounted disk, such as a container's volume, keeps its place: no other one can take it. */
async function checkMount(place: string): Promise<void> {
  const [own, around] = await Promise.all([stat(place).catch(() => undefined), stat(dirname(place))])
  if (own === undefined || own.dev === around.dev) return
  throw refuse(`${place} is where a disk is mounted, and cannot be replaced`, "Name a folder within it.")
}

/** The names of the files that a folder's manifest lists; undefined where it has none that can be read. */
async function readManifestFiles(folder: string): Promise<ReadonlyArray<string> | undefined> {
  let manifest: unknown
  try {
    manifest = JSON.parse(await readFile(join(folder, manifestFile), "utf8"))
  } catch {
    return undefined
  }
  if (!isJsonObject(manifest) || typeof manifest["tool"] !== "string") return undefined
  const files: unknown = manifest["files"]
  return isJsonObject(files) ? Object.keys(files) : undefined
}
