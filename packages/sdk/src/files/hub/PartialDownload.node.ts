/** A file that grows by a download: beside where it will lie, with a record of which version it is. */
import { createHash, type Hash } from "node:crypto"
import { type FileHandle, open, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { diskError } from "../disk/diskError.node.ts"
import { isJsonObject } from "../ModelFiles.ts"
import type { ContentHash } from "./readEtag.ts"
import { makeFolder } from "../disk/makeFolder.node.ts"

const readAtOnce = 4 * 1024 * 1024

/** Which version of a file the bytes are of, as far as its host tells. */
export interface Version {
  /** In bytes. */
  readonly size: number | undefined
  /** An ETag or a date, equal for equal versions. */
  readonly validator: string | undefined
}

export class PartialDownload {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #expected: ContentHash | undefined
  #version: Version
  #length = 0
  #hash: Hash

  private constructor(path: string, handle: FileHandle, version: Version, expected: ContentHash | undefined) {
    this.#path = path
    this.#handle = handle
    this.#version = version
    this.#expected = expected
    this.#hash = this.#begin()
  }

  /**
   * Opens what an earlier download left, or nothing yet. One process at a time may: the caller holds a lock.
   *
   * @param target where the file will lie when it is complete.
   * @param expected what it must hash to; its kind needs the size in `version`.
   *
   * Rejects with a `StorageError` when the folder cannot be written.
   */
  static async open(
    target: string,
    expected: ContentHash | undefined,
    size: number | undefined,
  ): Promise<PartialDownload> {
    const path = partialPath(target)
    try {
      await makeFolder(dirname(path))
      const handle = await open(path, "a+")
      const version = (await readVersion(path)) ?? { size, validator: undefined }
      return new PartialDownload(path, handle, version, expected)
    } catch (cause) {
      throw diskError(path, cause)
    }
  }

  /** Bytes that are stored, once they are restored. */
  get length(): number {
    return this.#length
  }

  get version(): Version {
    return this.#version
  }

  /**
   * Takes up what an earlier download left. Without a hash to check at the end, or a version to ask for, it is dropped.
   *
   * @param onRead told how much of it has been read.
   * @returns whether something was dropped.
   */
  async restore(signal: AbortSignal | undefined, onRead: (bytes: number) => void): Promise<boolean> {
    const { size } = await this.#handle.stat()
    if (size === 0) return false
    const isTooLong = this.#version.size !== undefined && size > this.#version.size
    if (isTooLong || (this.#expected === undefined && this.#version.validator === undefined)) {
      await this.restart(this.#version)
      return true
    }
    const buffer = new Uint8Array(readAtOnce)
    while (this.#length < size) {
      signal?.throwIfAborted()
      const { bytesRead } = await this.#onDisk(() => this.#handle.read(buffer, 0, readAtOnce, this.#length))
      if (bytesRead === 0) break
      this.#hash.update(buffer.subarray(0, bytesRead))
      this.#length += bytesRead
      onRead(this.#length)
    }
    return false
  }

  /** Drops what is stored; what comes next is the start of this version. */
  async restart(version: Version): Promise<void> {
    await this.#onDisk(async () => {
      await this.#handle.truncate(0)
      await writeFile(recordPath(this.#path), JSON.stringify(version))
    })
    this.#version = version
    this.#length = 0
    this.#hash = this.#begin()
  }

  /** Every byte before was read or written by this instance: the file is opened for appending. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#onDisk(async () => {
      for (let written = 0; written < bytes.length;) {
        written += (await this.#handle.write(bytes, written)).bytesWritten
      }
    })
    this.#hash.update(bytes)
    this.#length += bytes.length
  }

  /** The hash of what is stored, of the kind that is expected, in hexadecimal. */
  hex(): string {
    return this.#hash.copy().digest("hex")
  }

  /** Puts the complete file in its place. */
  async finish(target: string): Promise<void> {
    await this.#onDisk(async () => {
      // A name may not outlive its data when the machine loses power.
      await this.#handle.sync()
      await this.#handle.close()
      await rename(this.#path, target)
      await rm(recordPath(this.#path), { force: true })
    })
  }

  async discard(): Promise<void> {
    await this.close()
    await Promise.all([rm(this.#path, { force: true }), rm(recordPath(this.#path), { force: true })])
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  #begin(): Hash {
    if (this.#expected?.kind !== "git") return createHash("sha256")
    return createHash("sha1").update(`blob ${this.#version.size ?? 0}\0`)
  }

  async #onDisk<A>(run: () => Promise<A>): Promise<A> {
    try {
      return await run()
    } catch (cause) {
      throw diskError(this.#path, cause)
    }
  }
}

/** Hugging Face's own tools have other names for theirs: nobody writes into the other's. */
export const partialPath = (target: string): string => `${target}.facet-part`

const recordPath = (partial: string): string => `${partial}.json`

async function readVersion(partial: string): Promise<Version | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(recordPath(partial), "utf8"))
    if (!isJsonObject(value)) return undefined
    const { size, validator } = value
    return {
      size: typeof size === "number" ? size : undefined,
      validator: typeof validator === "string" ? validator : undefined,
    }
  } catch {
    return undefined
  }
}
