/**
 * Model folders on disk, and where the Hugging Face tools put them.
 */
import { constants } from "node:fs"
import { access, open, readdir, readFile, stat, realpath } from "node:fs/promises"
import { homedir } from "node:os"
import { join, parse, relative, resolve } from "node:path"
import { ModelFileError, ModelNotFoundError } from "../../words/Errors.ts"
import type { ModelFiles } from "../ModelFiles.ts"
import { readHubId } from "../readHubId.ts"

/** Of a text file, in bytes: several times the largest tokenizer's. */
const mostText = 256 * 1024 * 1024

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

  /** Of a plain file: a device, a pipe or a folder has no size, and reading it may never end. */
  const size = async (name: string): Promise<number> => {
    try {
      const entry = await stat(join(root, name))
      if (entry.isFile()) return entry.size
    } catch (cause) {
      throw fail(name, cause)
    }
    throw new ModelFileError({
      file: join(root, name),
      problem: "it is no plain file",
      remedy: "Put the file itself, or a link to one, in its place.",
    })
  }

  const readRange = async (name: string, offset: number, length: number): Promise<Uint8Array> => {
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
  }

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
      const length = await size(name)
      if (length > mostText) {
        throw new ModelFileError({
          file: join(root, name),
          problem: `${length} bytes of text, and no such file of a model has more than ${mostText}`,
          remedy: "Take the file from where the model was published.",
        })
      }
      const bytes = await readRange(name, 0, length)
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
    size,
    async places(names) {
      try {
        const real = await Promise.all(names.map((name) => realpath(join(root, name))))
        const folder = parse(real[0] ?? root).root
        return { folder, paths: new Map(names.map((name, i) => [name, relative(folder, real[i] ?? "")])) }
      } catch (cause) {
        throw fail(names.join(", "), cause)
      }
    },
    readRange,
  }
}

/** A folder of other people's formats is told from one that lacks a file. */
async function checkFormat(model: string, root: string): Promise<void> {
  const names = await readdir(root)
  const gguf = names.find((name) => name.toLowerCase().endsWith(".gguf"))
  if (gguf === undefined || names.includes("config.json")) return
  throw new ModelNotFoundError({
    model,
    problem: `it holds ${gguf}, a file of llama.cpp's, which Facet does not read`,
    remedy: "Take the model's folder of safetensors, as it was published.",
  })
}

async function checkFolder(model: string, root: string): Promise<void> {
  const refuse = (problem: string, remedy: string): ModelNotFoundError =>
    new ModelNotFoundError({ model, problem, remedy })
  try {
    if (!(await stat(root)).isDirectory()) {
      throw refuse("that path is a file, not a folder", "Name the folder that holds config.json and the weights.")
    }
    await access(root, constants.R_OK | constants.X_OK)
    await checkFormat(model, root)
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

/**
 * The folder of a model: `id` itself when it is a folder, else the local copy of the Hub repository `owner/name` in the
 * Hugging Face cache: the newest, or that of a branch, tag or commit, `owner/name@revision`. Nothing is downloaded.
 *
 * Rejects with a `ModelNotFoundError` that says how to get the model.
 */
export async function resolveModel(id: string): Promise<string> {
  const path = resolve(id)
  const named = readHubId(id)
  if (named === undefined || (await isFolder(path))) {
    if (/^https?:/i.test(id)) throw notHere(id)
    await checkFolder(id, path)
    return path
  }
  const { repository, revision } = named
  const cache = hubCache()
  const copies = join(cache, `models--${repository.replace("/", "--")}`)
  const snapshot = revision === undefined ? await newestSnapshot(copies) : await snapshotOf(copies, revision)
  if (snapshot !== undefined) return snapshot
  const which = revision === undefined ? "" : ` --revision ${revision}`
  throw new ModelNotFoundError({
    model: id,
    problem: `neither a folder here nor a model in the Hugging Face cache (${cache})`,
    remedy: `Get it with \`hf download ${repository}${which}\` (where its Hub page asks you to accept a licence, do so first), or name a folder.`,
  })
}

const notHere = (url: string): ModelNotFoundError =>
  new ModelNotFoundError({
    model: url,
    problem: "on Node a model is opened from a folder, and this is a URL",
    remedy: "Download its files into a folder first, and name that.",
  })

/** Where `huggingface_hub` keeps downloads, by the variables of its `constants.py`, older spellings included. */
function hubCache(): string {
  const { HF_HUB_CACHE, HF_HOME, HUGGINGFACE_HUB_CACHE, XDG_CACHE_HOME } = process.env
  const named = HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE
  if (named) return resolve(named)
  const home = HF_HOME ? resolve(HF_HOME) : join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface")
  return join(home, "hub")
}

/** The snapshot that `refs/main` names, else the one that was written last. */
async function newestSnapshot(copies: string): Promise<string | undefined> {
  const main = await snapshotOf(copies, "main")
  if (main !== undefined) return main
  const names = await readdir(join(copies, "snapshots")).catch(() => [])
  const paths = names.map((name) => join(copies, "snapshots", name))
  const folders = (await Promise.all(paths.map(isFolder))).flatMap((folder, i) => (folder ? paths.slice(i, i + 1) : []))
  const dated = await Promise.all(folders.map(async (path) => ({ path, written: (await stat(path)).mtimeMs })))
  return dated.sort((a, b) => b.written - a.written)[0]?.path
}

/** @param revision a branch or tag, which `refs` knows, or a commit, which a snapshot is named by. */
async function snapshotOf(copies: string, revision: string): Promise<string | undefined> {
  const commit = await readFile(join(copies, "refs", revision), "utf8").catch(() => revision)
  const folder = join(copies, "snapshots", commit.trim())
  return (await isFolder(folder)) ? folder : undefined
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
