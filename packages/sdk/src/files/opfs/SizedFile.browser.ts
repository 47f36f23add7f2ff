/** A stored file whose size is known before its content, which is written in any order: what a conversion makes. */
import { recordName, writeJson } from "./Records.browser.ts"
import { storageError } from "./originStorage.browser.ts"
import { Sha256 } from "../Sha256.ts"
import { openSync, writeAll } from "./SyncFile.browser.ts"

const readAtOnce = 4 * 1024 * 1024

export class SizedFile {
  readonly #data: FileSystemSyncAccessHandle
  readonly #recordFile: FileSystemSyncAccessHandle
  readonly #size: number

  private constructor(data: FileSystemSyncAccessHandle, recordFile: FileSystemSyncAccessHandle, size: number) {
    this.#data = data
    this.#recordFile = recordFile
    this.#size = size
  }

  /** Room for all of it is taken at once, where the browser does so. */
  static async create(directory: FileSystemDirectoryHandle, name: string, size: number): Promise<SizedFile> {
    const recordFile = await openSync(directory, recordName(name))
    let data: FileSystemSyncAccessHandle | undefined
    try {
      data = await openSync(directory, name)
      const file = new SizedFile(data, recordFile, size)
      file.#record("", false)
      data.truncate(size)
      return file
    } catch (cause) {
      data?.close()
      recordFile.close()
      throw cause
    }
  }

  /** @throws StorageError when there is no room. */
  write(bytes: Uint8Array, at: number): void {
    try {
      writeAll(this.#data, bytes, at)
    } catch (cause) {
      throw storageError(cause)
    }
  }

  /**
   * Brings the file to the disk, and reads it back for its checksum, which is written down beside it.
   *
   * @returns SHA-256 in hexadecimal.
   * Rejects with a `StorageError`.
   */
  async finish(): Promise<string> {
    try {
      this.#data.flush()
      const hash = new Sha256()
      const buffer = new Uint8Array(readAtOnce)
      for (let at = 0; at < this.#size;) {
        const count = this.#data.read(buffer, { at })
        if (count === 0) throw new Error(`the file ends at byte ${at}, and ${this.#size} were written`)
        hash.update(buffer.subarray(0, count))
        at += count
        // What else this worker does goes on meanwhile.
        await new Promise((resolve) => setTimeout(resolve))
      }
      this.#record(hash.hex(), true)
      this.#recordFile.flush()
      return hash.hex()
    } catch (cause) {
      throw storageError(cause)
    }
  }

  close(): void {
    this.#data.close()
    this.#recordFile.close()
  }

  #record(sha256: string, isComplete: boolean): void {
    const storedBytes = isComplete ? this.#size : 0
    writeJson(this.#recordFile, { size: this.#size, validator: undefined, storedBytes, sha256, isComplete })
  }
}
