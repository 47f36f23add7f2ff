/** A folder that was downloaded from elsewhere than the Hub: below Facet's cache, with a record beside it when it is whole. */
import { createHash } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { diskError } from "../disk/diskError.node.ts"
import { isJsonObject } from "../ModelFiles.ts"
import { facetCache } from "./facetCache.node.ts"

export class DownloadedFolder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /**
   * @param address what tells it from all others. It may hold a secret, and is kept nowhere.
   * @param name for people who look into the cache.
   */
  static of(address: string, name: string): DownloadedFolder {
    const key = createHash("sha256").update(address).digest("hex").slice(0, 12)
    const legible = name.replaceAll(/[^\w.-]+/g, "-").slice(0, 80)
    return new DownloadedFolder(join(downloadsFolder(), `${legible}-${key}`))
  }

  get lock(): string {
    return `${this.path}.lock`
  }

  async isWhole(): Promise<boolean> {
    return (await this.#read())?.["isWhole"] === true
  }

  /** @param source as it may be shown: without a query. */
  async finish(source: string, licence: string | undefined): Promise<void> {
    const record = recordPath(this.path)
    await writeFile(
      record,
      `${JSON.stringify({ isWhole: true, source, ...(licence && { licence }) }, null, 2)}\n`,
    ).catch((cause: unknown) => {
      throw diskError(record, cause)
    })
  }

  async #read(): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      const value: unknown = JSON.parse(await readFile(recordPath(this.path), "utf8"))
      return isJsonObject(value) ? value : undefined
    } catch {
      return undefined
    }
  }
}

export const downloadsFolder = (): string => join(facetCache(), "downloads")

const recordPath = (folder: string): string => `${folder}.json`
