/** What is kept beside a stored file and a stored folder, so that a download can be continued and checked. */
import { isJsonObject } from "../ModelFiles.ts"

/** How much of a file is stored, and of which version of it. */
export interface FileRecord {
  /** In bytes, where the host told it. */
  readonly size: number | undefined
  /** What the host identifies this version by; undefined where it gives nothing that proves two versions the same. */
  readonly validator: string | undefined
  /** Bytes that are stored, from the file's start. */
  readonly storedBytes: number
  /** SHA-256 of the stored bytes, in hexadecimal. */
  readonly sha256: string
  readonly isComplete: boolean
}

/** One folder's own record. */
export interface FolderRecord {
  readonly url: string
  /** The names of its files; those of a complete folder are all there is. */
  readonly files: ReadonlyArray<string>
  readonly isComplete: boolean
  /** What its weights were packed as on their way here; undefined: they are as they were published. */
  readonly packedAs?: string | undefined
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** undefined for what is no record: it may be torn, or of another version of Facet. */
export function parseFileRecord(value: unknown): FileRecord | undefined {
  if (!isJsonObject(value)) return undefined
  const { isComplete, sha256, size, storedBytes, validator } = value
  if (size !== undefined && !isCount(size)) return undefined
  if (validator !== undefined && typeof validator !== "string") return undefined
  if (!isCount(storedBytes) || typeof sha256 !== "string" || typeof isComplete !== "boolean") return undefined
  return { size, validator, storedBytes, sha256, isComplete }
}

/** undefined for what is no record. */
export function parseFolderRecord(value: unknown): FolderRecord | undefined {
  if (!isJsonObject(value)) return undefined
  const { files, isComplete, packedAs, url } = value
  if (typeof url !== "string" || typeof isComplete !== "boolean") return undefined
  if (!Array.isArray(files) || !files.every((name) => typeof name === "string")) return undefined
  if (packedAs !== undefined && typeof packedAs !== "string") return undefined
  return { url, files, isComplete, packedAs }
}
