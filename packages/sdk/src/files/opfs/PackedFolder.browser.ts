/** A model's folder in the browser's storage that a conversion writes, and that opens when it is whole. */
import { checkRoom } from "./originStorage.browser.ts"
import type { FolderUrl } from "../http/folderUrl.ts"
import type { ModelFiles } from "../ModelFiles.ts"
import { OpfsFolder } from "./OpfsFolder.browser.ts"
import type { SizedFile } from "./SizedFile.browser.ts"

/** What `@facet/checkpoint` asks of a target. */
export class PackedFolder {
  readonly #url: FolderUrl
  readonly #open = new Map<string, SizedFile>()
  readonly #names: Array<string> = []
  #folder: OpfsFolder | undefined

  /** @param url - what the model is opened by, and found by again. */
  constructor(url: FolderUrl) {
    this.#url = url
  }

  /**
   * Looks whether the model fits, in place of what there is of it, and makes room for it. Nothing is removed of a model that
   * does not fit.
   *
   * Rejects with a `StorageError` that says how much is needed.
   */
  async checkRoom(bytes: number): Promise<void> {
    const old = await OpfsFolder.find(this.#url)
    await checkRoom(bytes - ((await old?.bytes()) ?? 0))
    await OpfsFolder.remove(this.#url)
    this.#folder = await OpfsFolder.create(this.#url)
    await this.#folder.saveRecord({ url: this.#url.address, files: [], isComplete: false })
  }

  async create(name: string, size: number): Promise<void> {
    this.#open.set(name, await this.#made.createSized(name, size))
    this.#names.push(name)
    // One that is left behind is listed with what it has.
    await this.#made.saveRecord({ url: this.#url.address, files: this.#names, isComplete: false })
  }

  async open(name: string) {
    const file = this.#file(name)
    return {
      write: async (bytes: Uint8Array, at: number) => file.write(bytes, at),
      // Others may be writing it, and a file of this kind is opened once.
      close: async () => {},
    }
  }

  async finish(name: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const file = this.#file(name)
    const sha256 = await file.finish()
    file.close()
    this.#open.delete(name)
    return { bytes: (await this.#made.storedSize(name)) ?? 0, sha256 }
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    await this.create(name, bytes.length)
    this.#file(name).write(bytes, 0)
    await this.finish(name)
  }

  /** Reads what is written. */
  files(root: string): ModelFiles {
    return this.#made.files(root, this.#names)
  }

  /** From now on it opens. */
  async commit(packedAs: string): Promise<void> {
    await this.#made.saveRecord({ url: this.#url.address, files: this.#names, isComplete: true, packedAs })
  }

  /** Nothing is left of it. */
  async discard(): Promise<void> {
    for (const file of this.#open.values()) file.close()
    if (this.#folder !== undefined) await OpfsFolder.remove(this.#url)
  }

  get #made(): OpfsFolder {
    if (this.#folder === undefined) throw new Error("a conversion writes before it has asked for room")
    return this.#folder
  }

  #file(name: string): SizedFile {
    const file = this.#open.get(name)
    if (file === undefined) throw new Error(`${name} was not made`)
    return file
  }
}
