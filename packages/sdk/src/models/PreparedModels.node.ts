/** Models that Facet has packed for itself, in its cache: a folder each, and beside it a record of where it came from. */
import { createHash } from "node:crypto"
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { diskError } from "../files/disk/diskError.node.ts"
import { facetCache } from "../files/hub/facetCache.node.ts"
import { configFile } from "../files/ModelFileNames.ts"
import { isJsonObject } from "../files/ModelFiles.ts"
import { fileBytes } from "./WeightFacts.node.ts"
import { makeFolder } from "../files/disk/makeFolder.node.ts"

/** Where a model comes from, as far as its copies are concerned. */
export interface Origin {
  /** Equal for equal content: a commit, a digest, or the sizes and dates of files. */
  readonly identity: string
  /** As people write it: an id, or a path. */
  readonly id: string
  readonly revision: string | undefined
  readonly licence: string | undefined
}

export interface Prepared extends Origin {
  /** The folder. */
  readonly path: string
  readonly dtype: string
  readonly block: number
  /** When it was made, as ISO 8601. */
  readonly madeAt: string
}

export const preparedFolder = (): string => join(facetCache(), "models")

/** Where a copy is, or will be. */
export function preparedPath(origin: Origin, dtype: string | undefined, block: number | undefined): string {
  const key = createHash("sha256")
    .update(`${origin.identity}\n${dtype ?? ""}\n${block ?? ""}`)
    .digest("hex")
    .slice(0, 12)
  const name = origin.id
    .replaceAll(/[^\w.-]+/g, "-")
    .replace(/^-+/, "")
    .slice(-60)
  return join(preparedFolder(), `${name}-${key}`)
}

/** All that are whole, the youngest first. */
export async function listPrepared(): Promise<ReadonlyArray<Prepared>> {
  const names = await readdir(preparedFolder()).catch(() => [])
  const found = await Promise.all(
    names
      .filter((name) => name.endsWith(recordEnd))
      .map((name) => readRecord(join(preparedFolder(), name.slice(0, -recordEnd.length)))),
  )
  return found.filter((one) => one !== undefined).toSorted((a, b) => b.madeAt.localeCompare(a.madeAt))
}

/** The copy of a model that was made last, or that of a precision. */
export async function findPrepared(
  identity: string,
  wanted: { readonly dtype?: string | undefined; readonly block?: number | undefined } = {},
): Promise<Prepared | undefined> {
  return (await listPrepared()).find(
    (one) =>
      one.identity === identity &&
      (wanted.dtype === undefined || one.dtype === wanted.dtype) &&
      (wanted.block === undefined || one.block === wanted.block),
  )
}

/** Writes down that a copy is whole. */
export async function recordPrepared(
  path: string,
  { id, identity, licence, revision }: Origin,
  { block, dtype }: Pick<Prepared, "dtype" | "block">,
): Promise<void> {
  const record = { identity, id, revision, licence, dtype, block, madeAt: new Date().toISOString() }
  try {
    await makeFolder(preparedFolder())
    await writeFile(`${path}${recordEnd}`, `${JSON.stringify(record, null, 2)}\n`)
  } catch (cause) {
    throw diskError(path, cause)
  }
}

/** Removes a copy; its record first, so that half a folder is never taken for a whole one. */
export async function removePrepared(path: string): Promise<void> {
  await rm(`${path}${recordEnd}`, { force: true })
  await rm(path, { recursive: true, force: true })
}

const recordEnd = ".facet.json"

async function readRecord(path: string): Promise<Prepared | undefined> {
  if ((await fileBytes(join(path, configFile))) === 0) return undefined
  try {
    const value: unknown = JSON.parse(await readFile(`${path}${recordEnd}`, "utf8"))
    if (!isJsonObject(value)) return undefined
    const { block, dtype, id, identity, licence, madeAt, revision } = value
    if (typeof identity !== "string" || typeof id !== "string" || typeof dtype !== "string") return undefined
    if (typeof block !== "number" || typeof madeAt !== "string") return undefined
    return {
      path,
      identity,
      id,
      dtype,
      block,
      madeAt,
      revision: typeof revision === "string" ? revision : undefined,
      licence: typeof licence === "string" ? licence : undefined,
    }
  } catch {
    return undefined
  }
}
