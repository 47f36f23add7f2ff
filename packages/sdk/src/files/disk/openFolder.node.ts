/** Model folders on disk. */
import { constants } from "node:fs"
import { access, open, readdir, stat, realpath } from "node:fs/promises"
import { join, parse, relative, resolve } from "node:path"
import { ModelFileError, ModelNotFoundError } from "../../words/Errors.ts"
import type { ModelFiles } from "../ModelFiles.ts"

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
  return filesIn(root)
}

/** The files of a folder, whatever else it holds: a model that is one file lies anywhere. */
export function filesIn(root: string): ModelFiles {
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

  const readWhole = async (name: string): Promise<Uint8Array> => {
    const length = await size(name)
    if (length > mostText) {
      throw new ModelFileError({
        file: join(root, name),
        problem: `${length} bytes of text, and no such file of a model has more than ${mostText}`,
        remedy: "Take the file from where the model was published.",
      })
    }
    return readRange(name, 0, length)
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
    readWhole,
    async readText(name) {
      const bytes = await readWhole(name)
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
    problem: `it holds ${gguf}, and no config.json with safetensors`,
    remedy: `Name the file itself: ${join(root, gguf)}.`,
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
