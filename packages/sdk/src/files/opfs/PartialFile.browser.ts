/** A stored file that grows by a download, with a record beside it that says how much of it can be trusted. */
import type { FileRecord } from "./FileRecord.ts"
import { readFileRecord, recordName, writeJson } from "./Records.browser.ts"
import { Sha256 } from "../Sha256.ts"
import { openSync, writeAll } from "./SyncFile.browser.ts"

/** What arrives after a record was written is lost when the tab closes: at most so many bytes. */
const recordedEvery = 1024 * 1024
const readAtOnce = 4 * 1024 * 1024

export class PartialFile {
  readonly #data: FileSystemSyncAccessHandle
  readonly #recordFile: FileSystemSyncAccessHandle
  #record: FileRecord | undefined
  #hash = new Sha256()
  #length = 0
  #recorded = 0

  private constructor(
    data: FileSystemSyncAccessHandle,
    recordFile: FileSystemSyncAccessHandle,
    record: FileRecord | undefined,
  ) {
    this.#data = data
    this.#recordFile = recordFile
    this.#record = record
  }

  /** Opens a file for writing, which nobody else may write then. */
  static async open(directory: FileSystemDirectoryHandle, name: string): Promise<PartialFile> {
    const record = await readFileRecord(directory, name)
    const recordFile = await openSync(directory, recordName(name))
    try {
      return new PartialFile(await openSync(directory, name), recordFile, record)
    } catch (cause) {
      recordFile.close()
      throw cause
    }
  }

  /** Bytes that are stored. */
  get length(): number {
    return this.#length
  }

  /** Of the bytes that are stored, in hexadecimal. */
  get sha256(): string {
    return this.#hash.hex()
  }

  /** The version that the stored bytes are of. */
  get validator(): string | undefined {
    return this.#record?.validator
  }

  get size(): number | undefined {
    return this.#record?.size
  }

  /**
   * Takes up what an earlier download left.
   *
   * @returns why it cannot be used, when it was dropped: nothing could prove the rest to be of the same version, or it
   * does not hash as it did then.
   *
   * @param onRead told how much of it has been checked.
   */
  async restore(
    signal: AbortSignal | undefined,
    onRead: (bytes: number) => void,
  ): Promise<"changed" | "damaged" | undefined> {
    const record = this.#record
    if (record === undefined || record.storedBytes === 0) return undefined
    if (record.validator === undefined) {
      this.restart(undefined, undefined)
      return "changed"
    }
    const hash = new Sha256()
    const buffer = new Uint8Array(readAtOnce)
    let at = 0
    while (at < record.storedBytes) {
      const wanted = buffer.subarray(0, Math.min(readAtOnce, record.storedBytes - at))
      const count = this.#data.read(wanted, { at })
      if (count === 0) break
      hash.update(wanted.subarray(0, count))
      at += count
      onRead(at)
      // An abort is a message, which arrives only when this worker lets go.
      await new Promise((resolve) => setTimeout(resolve))
      signal?.throwIfAborted()
    }
    if (at < record.storedBytes || hash.hex() !== record.sha256) {
      this.restart(undefined, undefined)
      return "damaged"
    }
    this.#data.truncate(at)
    this.#hash = hash
    this.#length = at
    this.#recorded = at
    return undefined
  }

  /** Drops what is stored; what comes next is the start of this version. */
  restart(size: number | undefined, validator: string | undefined): void {
    this.#data.truncate(0)
    this.#hash = new Sha256()
    this.#length = 0
    this.#record = { size, validator, storedBytes: 0, sha256: this.#hash.hex(), isComplete: false }
    this.save(false)
  }

  append(bytes: Uint8Array): void {
    writeAll(this.#data, bytes, this.#length)
    this.#hash.update(bytes)
    this.#length += bytes.length
    if (this.#length - this.#recorded >= recordedEvery) this.save(false)
  }

  /** Writes down how far the file has come. */
  save(isComplete: boolean): void {
    // A record may not outlive its data when the machine loses power.
    if (isComplete) this.#data.flush()
    this.#record = {
      size: isComplete ? this.#length : this.#record?.size,
      validator: this.#record?.validator,
      storedBytes: this.#length,
      sha256: this.#hash.hex(),
      isComplete,
    }
    writeJson(this.#recordFile, this.#record)
    if (isComplete) this.#recordFile.flush()
    this.#recorded = this.#length
  }

  close(): void {
    this.#data.close()
    this.#recordFile.close()
  }
}
