/** A model's folder in the browser's storage (the origin's private file system). */
import { ModelFileError } from "../../words/Errors.ts"
import { checkRange, decodeText, missingFile } from "../FileBytes.ts"
import { type FileRecord, type FolderRecord, parseFolderRecord } from "./FileRecord.ts"
import type { FolderUrl } from "../http/folderUrl.ts"
import type { ModelFiles } from "../ModelFiles.ts"
import { isNotFound, originStorage, storageError } from "./originStorage.browser.ts"
import { PartialFile } from "./PartialFile.browser.ts"
import { readFileRecord, readJson, recordName, writeJson } from "./Records.browser.ts"
import { Sha256 } from "../Sha256.ts"
import { SizedFile } from "./SizedFile.browser.ts"
import { openSync } from "./SyncFile.browser.ts"

/** The folder of the origin that all models lie in. */
const storeName = "facet-models"
const folderRecordName = "folder.facet-record"

/** Runs something on the browser's storage; its failures become `StorageError`s. */
async function inStorage<A>(run: () => Promise<A>): Promise<A> {
  try {
    return await run()
  } catch (cause) {
    throw storageError(cause)
  }
}

const undefinedIfMissing = (cause: unknown): undefined => {
  if (isNotFound(cause)) return undefined
  throw cause
}

async function openStore(create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
  const origin = await originStorage().getDirectory()
  return origin.getDirectoryHandle(storeName, { create }).catch(undefinedIfMissing)
}

/** A URL is longer than a file's name may be, and has characters that a name may not. */
async function folderName(href: string): Promise<string> {
  const hash = new Sha256()
  hash.update(new TextEncoder().encode(href))
  return hash.hex().slice(0, 40)
}

export class OpfsFolder {
  readonly #directory: FileSystemDirectoryHandle

  private constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory
  }

  /** Rejects with a `StorageError`. */
  static create({ href }: FolderUrl): Promise<OpfsFolder> {
    return inStorage(async () => {
      const store = await openStore(true)
      // `create` makes what is missing.
      const directory = await store!.getDirectoryHandle(await folderName(href), { create: true })
      return new OpfsFolder(directory)
    })
  }

  /** undefined when nothing of that folder is stored. */
  static find({ href }: FolderUrl): Promise<OpfsFolder | undefined> {
    return inStorage(async () => {
      const store = await openStore(false)
      const directory = await store?.getDirectoryHandle(await folderName(href)).catch(undefinedIfMissing)
      return directory && new OpfsFolder(directory)
    })
  }

  /** Every folder that is stored, complete or not. */
  static all(): Promise<ReadonlyArray<OpfsFolder>> {
    return inStorage(async () => {
      const folders: Array<OpfsFolder> = []
      for await (const entry of (await openStore(false))?.values() ?? []) {
        if (entry.kind === "directory") folders.push(new OpfsFolder(entry))
      }
      return folders
    })
  }

  /** @returns whether there was anything to remove. */
  static remove({ href }: FolderUrl): Promise<boolean> {
    return inStorage(async () => {
      const store = await openStore(false)
      if (store === undefined) return false
      try {
        await store.removeEntry(await folderName(href), { recursive: true })
        return true
      } catch (cause) {
        return undefinedIfMissing(cause) ?? false
      }
    })
  }

  /** undefined when there is none. */
  record(): Promise<FolderRecord | undefined> {
    return inStorage(async () => parseFolderRecord(await readJson(this.#directory, folderRecordName)))
  }

  saveRecord(record: FolderRecord): Promise<void> {
    return inStorage(async () => {
      const file = await openSync(this.#directory, folderRecordName)
      try {
        writeJson(file, record)
        file.flush()
      } finally {
        file.close()
      }
    })
  }

  fileRecord(name: string): Promise<FileRecord | undefined> {
    return inStorage(() => readFileRecord(this.#directory, name))
  }

  openPartial(name: string): Promise<PartialFile> {
    return inStorage(() => PartialFile.open(this.#directory, name))
  }

  /** Makes a file of so many bytes, which are written in any order. */
  createSized(name: string, size: number): Promise<SizedFile> {
    return inStorage(() => SizedFile.create(this.#directory, name, size))
  }

  /** Of all files in storage, those of an earlier version included. */
  bytes(): Promise<number> {
    return inStorage(async () => {
      let bytes = 0
      for await (const entry of this.#directory.values()) {
        if (entry instanceof FileSystemFileHandle) bytes += (await entry.getFile()).size
      }
      return bytes
    })
  }

  /** The file's size in storage; undefined when it is not there. */
  storedSize(name: string): Promise<number | undefined> {
    return inStorage(async () => (await this.#file(name).catch(undefinedIfMissing))?.size)
  }

  /** Whether a file is there as its record says. Its content is not read: {@link isSound} does that. */
  async isWhole(name: string): Promise<boolean> {
    const record = await this.fileRecord(name)
    return record?.isComplete === true && (await this.storedSize(name)) === record.size
  }

  /** Whether every file of the folder was downloaded and is still there. */
  async isComplete(): Promise<boolean> {
    const record = await this.record()
    if (record?.isComplete !== true) return false
    const whole = await Promise.all(record.files.map((name) => this.isWhole(name)))
    return whole.every(Boolean)
  }

  /** Reads a whole file and compares it with the checksum that was taken while it arrived. */
  async isSound(name: string, signal?: AbortSignal): Promise<boolean> {
    if (!(await this.isWhole(name))) return false
    const hash = new Sha256()
    try {
      await hashBlob(hash, await inStorage(() => this.#file(name)), signal)
    } catch (cause) {
      signal?.throwIfAborted()
      throw storageError(cause)
    }
    return hash.hex() === (await this.fileRecord(name))?.sha256
  }

  /** Forgets a file, so that it is downloaded anew. */
  removeFile(name: string): Promise<void> {
    return inStorage(async () => {
      for (const entry of [recordName(name), name]) {
        await this.#directory.removeEntry(entry).catch(undefinedIfMissing)
      }
    })
  }

  /** Removes everything that an earlier version of the folder left. */
  keepOnly(names: ReadonlyArray<string>): Promise<void> {
    const kept = new Set([folderRecordName, ...names, ...names.map(recordName)])
    return inStorage(async () => {
      const others: Array<string> = []
      for await (const { name } of this.#directory.values()) if (!kept.has(name)) others.push(name)
      for (const name of others) await this.#directory.removeEntry(name, { recursive: true })
    })
  }

  /**
   * Reads the stored files.
   *
   * @param root what the folder is called in messages.
   * @param names its files; any other is missing.
   */
  files(root: string, names: ReadonlyArray<string>): ModelFiles {
    const known = new Set(names)
    const path = (name: string): string => `${root}/${name}`
    const file = async (name: string): Promise<Blob> => {
      if (!known.has(name)) throw missingFile(path(name))
      try {
        return await this.#file(name)
      } catch (cause) {
        throw unreadable(path(name), cause)
      }
    }
    const bytes = (name: string, blob: Blob): Promise<ArrayBuffer> =>
      blob.arrayBuffer().catch((cause: unknown) => {
        throw unreadable(path(name), cause)
      })
    const readWhole = async (name: string): Promise<Uint8Array> => {
      const content = new Uint8Array(await bytes(name, await file(name)))
      // All of it is at hand: the checksum costs next to nothing.
      const record = await this.fileRecord(name)
      if (record !== undefined && record.sha256 !== hashOf(content)) throw damaged(path(name))
      return content
    }
    return {
      root,
      exists: (name) => Promise.resolve(known.has(name)),
      size: async (name) => (await file(name)).size,
      places: (all) => Promise.resolve({ folder: root, paths: new Map(all.map((name) => [name, name])) }),
      readWhole,
      readText: async (name) => decodeText(path(name), await readWhole(name)),
      readRange: async (name, offset, length) => {
        const blob = await file(name)
        checkRange(path(name), blob.size, offset, length)
        return new Uint8Array(await bytes(name, blob.slice(offset, offset + length)))
      },
    }
  }

  async #file(name: string): Promise<Blob> {
    return (await this.#directory.getFileHandle(name)).getFile()
  }
}

const readAtOnce = 4 * 1024 * 1024
const hashedAtOnce = 256 * 1024
/** A page has something else to do, too: after so many milliseconds of hashing it gets its turn. */
const turnMs = 10

async function hashBlob(hash: Sha256, blob: Blob, signal: AbortSignal | undefined): Promise<void> {
  let turn = performance.now()
  for (let at = 0; at < blob.size; at += readAtOnce) {
    const bytes = new Uint8Array(await blob.slice(at, at + readAtOnce).arrayBuffer())
    for (let piece = 0; piece < bytes.length; piece += hashedAtOnce) {
      hash.update(bytes.subarray(piece, piece + hashedAtOnce))
      if (performance.now() - turn < turnMs) continue
      await new Promise((resolve) => setTimeout(resolve))
      signal?.throwIfAborted()
      turn = performance.now()
    }
  }
}

function hashOf(bytes: Uint8Array): string {
  const hash = new Sha256()
  hash.update(bytes)
  return hash.hex()
}

const damaged = (file: string): ModelFileError =>
  new ModelFileError({
    file,
    problem: "the stored copy is damaged: it no longer has the checksum that it was downloaded with",
    remedy: "Remove the stored model with `removeStoredModel` and open it again.",
  })

const unreadable = (file: string, cause: unknown): ModelFileError =>
  new ModelFileError({
    file,
    problem: isNotFound(cause)
      ? "no longer stored: the model was removed, or the browser dropped it"
      : `the stored copy cannot be read (${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)})`,
    remedy: "Open the model again, which downloads what is missing.",
  })
