/**
 * Hugging Face's cache: `models--OWNER--NAME/{blobs,refs,snapshots}`, where a snapshot is a folder of links to blobs. What
 * their tools put there is found, and what we put there theirs find. Source: huggingface_hub's `file_download.py`.
 */
import { link, readdir, readFile, realpath, rename, stat, symlink, unlink, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { diskError } from "../disk/diskError.node.ts"
import { ggufParts } from "../gguf/ggufParts.ts"
import { openFolder } from "../disk/openFolder.node.ts"
import { configFile, requiredFiles, singleWeights, weightsIndex } from "../ModelFileNames.ts"
import { readShardIndex } from "../readShardIndex.ts"
import { hubCache } from "./HubSettings.node.ts"
import { makeFolder } from "../disk/makeFolder.node.ts"

export class HubCache {
  /** The repository's folder. */
  readonly root: string
  readonly #cache: string
  readonly #name: string

  /** @param kind whose folders begin so; the tools keep datasets beside models */
  constructor(repository: string, cache: string = hubCache(), kind: "models" | "datasets" = "models") {
    this.#cache = cache
    this.#name = `${kind}--${repository.replace("/", "--")}`
    this.root = join(cache, this.#name)
  }

  /** Of downloads by us: one process at a time. */
  get lock(): string {
    return join(this.#cache, ".locks", this.#name, "facet.lock")
  }

  snapshot(commit: string): string {
    return join(this.root, "snapshots", commit)
  }

  blob(hash: string): string {
    return join(this.root, "blobs", hash)
  }

  /**
   * The newest snapshot that has all of a model, or that of a revision; undefined where there is none.
   *
   * @param file the one file that is wanted, in place of a whole model.
   */
  async find(revision: string | undefined, file?: string): Promise<string | undefined> {
    for (const snapshot of revision === undefined ? await this.#newest() : await this.#of(revision)) {
      if (file !== undefined ? await hasGguf(join(snapshot, file)) : await hasModel(snapshot)) return snapshot
    }
    return undefined
  }

  /** One file of the newest snapshot that has it, or of a revision's; undefined where there is none. */
  async findFile(revision: string | undefined, file: string): Promise<string | undefined> {
    for (const snapshot of revision === undefined ? await this.#newest() : await this.#of(revision)) {
      if (await isFile(join(snapshot, file))) return join(snapshot, file)
    }
    return undefined
  }

  /** Those that are there, the one of `main` first, then the youngest. */
  async snapshots(): Promise<ReadonlyArray<string>> {
    const all = [...new Set(await this.#newest())]
    const there = await Promise.all(
      all.map((path) =>
        stat(path).then(
          () => true,
          () => false,
        ),
      ),
    )
    return all.filter((_, i) => there[i])
  }

  /** @param revision a branch or tag, which `refs` knows, or a commit, which a snapshot is named by. */
  async #of(revision: string): Promise<ReadonlyArray<string>> {
    const named = await readFile(join(this.root, "refs", revision), "utf8").catch(() => revision)
    return [this.snapshot(named.trim())]
  }

  /** The snapshot that `refs/main` names, then the others, the youngest first. */
  async #newest(): Promise<ReadonlyArray<string>> {
    const names = await readdir(join(this.root, "snapshots")).catch(() => [])
    const dated = await Promise.all(
      names.map(async (name) => {
        const path = this.snapshot(name)
        return { path, written: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 }
      }),
    )
    return [...(await this.#of("main")), ...dated.toSorted((a, b) => b.written - a.written).map(({ path }) => path)]
  }

  /** Whether a snapshot has a file, of the size that it must have. */
  async has(commit: string, path: string, size: number): Promise<boolean> {
    return (await stat(join(this.snapshot(commit), path)).catch(() => undefined))?.size === size
  }

  /** Whether content is there already, of another snapshot. */
  async hasBlob(hash: string, size: number): Promise<boolean> {
    return (await stat(this.blob(hash)).catch(() => undefined))?.size === size
  }

  /** Puts a blob into a snapshot: as a link, or moved where a system has none to give. */
  async place(commit: string, path: string, hash: string): Promise<void> {
    const target = join(this.snapshot(commit), path)
    const blob = this.blob(hash)
    try {
      await makeFolder(dirname(target))
      await unlink(target).catch(() => undefined)
      await symlink(relative(dirname(target), blob), target).catch((cause: unknown) => {
        // Windows gives links to developers alone.
        if (process.platform === "win32") return rename(blob, target)
        return link(blob, target).catch(() => {
          throw cause
        })
      })
    } catch (cause) {
      throw diskError(target, cause)
    }
  }

  /** Remembers which commit a branch or tag was. */
  async point(revision: string, commit: string): Promise<void> {
    if (revision === commit) return
    const path = join(this.root, "refs", revision)
    try {
      await makeFolder(dirname(path))
      await writeFile(`${path}.facet-part`, commit)
      await rename(`${path}.facet-part`, path)
    } catch (cause) {
      throw diskError(path, cause)
    }
  }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  )

/** All of it, where it was split. */
const hasGguf = async (path: string): Promise<boolean> =>
  (await Promise.all(ggufParts(path).map(isFile))).every(Boolean)

/** Their tools fetch single files, too, and an interrupted download leaves some out. */
async function hasModel(snapshot: string): Promise<boolean> {
  const names = [configFile, ...requiredFiles].map((name) => join(snapshot, name))
  if (!(await Promise.all(names.map(isFile))).every(Boolean)) return false
  if (await isFile(join(snapshot, singleWeights))) return true
  if (!(await isFile(join(snapshot, weightsIndex)))) return false
  const index = await readShardIndex(await openFolder(await realpath(snapshot))).catch(() => undefined)
  if (index === undefined) return false
  return (await Promise.all([...new Set(index.values())].map((shard) => isFile(join(snapshot, shard))))).every(Boolean)
}
