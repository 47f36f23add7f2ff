/**
 * Model folders on disk, and where the Hugging Face tools put them.
 */
import { constants } from "node:fs"
import { access, open, readdir, readFile, stat, realpath } from "node:fs/promises"
import { homedir } from "node:os"
import { join, parse, relative, resolve } from "node:path"
import { ModelFileError, ModelNotFoundError } from "../../words/Errors.ts"
import type { ModelFiles } from "../ModelFiles.ts"

const errorCode = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : String(cause)

const isMissing = (cause: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(errorCode(cause))

const isForbidden = (cause: unknown): boolean => ["EACCES", "EPERM"].includes(errorCode(cause))

/**
 * Opens a folder for reading. Links are followed: the Hugging Face cache is made of them.
 *
 * Rejects with a `ModelNotFoundError` when there is no such folder, when the path names a file, or when the folder may
 * not be read.
 */
export async function openFolder(path: string): Promise<ModelFiles> {
  const root = resolve(path)
  await checkFolder(path, root)
  const fail = (name: string, cause: unknown): ModelFileError => fileError(root, name, cause)
  return {
    root,
    async exists(name) {
      try {
        return (await stat(join(root, name))).isFile()
      } catch (cause) {
        if (isMissing(cause)) return false
        throw fail(name, cause)
      }
    },
    async readText(name) {
      let bytes: Uint8Array
      try {
        bytes = await readFile(join(root, name))
      } catch (cause) {
        throw fail(name, cause)
      }
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
      } catch {
        throw new ModelFileError({
          file: join(root, name),
          problem: "not UTF-8 text",
          remedy: "The file is damaged; download it again.",
        })
      }
    },
    async size(name) {
      try {
        return (await stat(join(root, name))).size
      } catch (cause) {
        throw fail(name, cause)
      }
    },
    async places(names) {
      try {
        const real = await Promise.all(names.map((name) => realpath(join(root, name))))
        const folder = parse(real[0] ?? root).root
        return { folder, paths: new Map(names.map((name, i) => [name, relative(folder, real[i] ?? "")])) }
      } catch (cause) {
        throw fail(names.join(", "), cause)
      }
    },
    async readRange(name, offset, length) {
      const bytes = new Uint8Array(length)
      let filled = 0
      try {
        await using handle = await open(join(root, name))
        while (filled < length) {
          const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
          if (bytesRead === 0) break
          filled += bytesRead
        }
      } catch (cause) {
        throw fail(name, cause)
      }
      if (filled < length) {
        throw new ModelFileError({
          file: join(root, name),
          problem: `truncated: it ends at byte ${offset + filled}, and bytes up to ${offset + length} are needed`,
          remedy: "Download the file again.",
        })
      }
      return bytes
    },
  }
}

async function checkFolder(model: string, root: string): Promise<void> {
  const refuse = (problem: string, remedy: string): ModelNotFoundError =>
    new ModelNotFoundError({ model, problem, remedy })
  try {
    if (!(await stat(root)).isDirectory()) {
      throw refuse("that path is a file, not a folder", "Name the folder that holds config.json and the weights.")
    }
    await access(root, constants.R_OK | constants.X_OK)
  } catch (cause) {
    if (cause instanceof ModelNotFoundError) throw cause
    if (isMissing(cause)) throw refuse(`there is no folder ${root}`, "Check the path.")
    if (isForbidden(cause)) {
      throw refuse(
        `the folder ${root} may not be read (permission denied)`,
        "Give the user that runs this process the right to read and enter it.",
      )
    }
    throw refuse(`the folder ${root} cannot be read (${errorCode(cause)})`, "Check the path and the disk.")
  }
}

function fileError(root: string, name: string, cause: unknown): ModelFileError {
  const file = join(root, name)
  if (isMissing(cause)) {
    return new ModelFileError({
      file,
      problem: "missing",
      remedy: "Download the whole folder again from where the model was published.",
    })
  }
  if (isForbidden(cause)) {
    return new ModelFileError({
      file,
      problem: "may not be read (permission denied)",
      remedy: "Give the user that runs this process the right to read it.",
    })
  }
  return new ModelFileError({
    file,
    problem: `cannot be read (${errorCode(cause)})`,
    remedy: "Check that it is a file and that the disk is sound.",
  })
}

/** `owner/name`, as the Hugging Face Hub spells ids. */
const HUB_ID = /^[\w-][\w.-]*\/[\w-][\w.-]*$/

/**
 * The folder of a model: `id` itself when it is a folder, else the newest local copy of the Hub repository `owner/name`
 * in the Hugging Face cache (`HF_HUB_CACHE`, `HF_HOME/hub` or `~/.cache/huggingface/hub`). Nothing is downloaded.
 *
 * Rejects with a `ModelNotFoundError` that says how to get the model.
 */
export async function resolveModel(id: string): Promise<string> {
  const path = resolve(id)
  if (!HUB_ID.test(id) || (await isFolder(path))) {
    await checkFolder(id, path)
    return path
  }
  const cache = hubCache()
  const repository = join(cache, `models--${id.replace("/", "--")}`)
  const snapshot = await newestSnapshot(repository)
  if (snapshot !== undefined) return snapshot
  throw new ModelNotFoundError({
    model: id,
    problem: `neither a folder here nor a model in the Hugging Face cache (${cache})`,
    remedy: `Get it with \`hf download ${id}\` (Gemma asks you to accept its licence on its Hub page first), or name a folder.`,
  })
}

/** Where `huggingface_hub` keeps downloads; see its documentation on `HF_HUB_CACHE` and `HF_HOME`. */
function hubCache(): string {
  const { HF_HUB_CACHE, HF_HOME } = process.env
  if (HF_HUB_CACHE) return resolve(HF_HUB_CACHE)
  return join(HF_HOME ? resolve(HF_HOME) : join(homedir(), ".cache", "huggingface"), "hub")
}

/** The snapshot that `refs/main` names, else the one that was written last. */
async function newestSnapshot(repository: string): Promise<string | undefined> {
  const main = await readFile(join(repository, "refs", "main"), "utf8").catch(() => "")
  if (main.trim() !== "") {
    const named = join(repository, "snapshots", main.trim())
    if (await isFolder(named)) return named
  }
  const names = await readdir(join(repository, "snapshots")).catch(() => [])
  const paths = names.map((name) => join(repository, "snapshots", name))
  const folders = (await Promise.all(paths.map(isFolder))).flatMap((folder, i) => (folder ? paths.slice(i, i + 1) : []))
  const dated = await Promise.all(folders.map(async (path) => ({ path, written: (await stat(path)).mtimeMs })))
  return dated.sort((a, b) => b.written - a.written)[0]?.path
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
