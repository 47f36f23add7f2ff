/**
 * Read access to the files of one folder, however it is stored. Everything that reads a model or an autoencoder goes
 * through this interface, so that a folder on disk, an HTTP repository and browser storage are interchangeable.
 */
import { ModelFileError } from "../words/Errors.ts"
import { checkLfsPointer } from "./checkLfsPointer.ts"

/**
 * The files of one folder. Names are relative to it and use `/`.
 *
 * Every method rejects with a `ModelFileError` when the file is missing or cannot be read.
 */
export interface ModelFiles {
  /** Where the files come from, for error messages and for runtimes that open files themselves: the folder's path. */
  readonly root: string
  readonly exists: (name: string) => Promise<boolean>
  /** The whole file's bytes, which the caller only reads. For files that fit in memory. */
  readonly readWhole: (name: string) => Promise<Uint8Array>
  /** The whole file as UTF-8 text. */
  readonly readText: (name: string) => Promise<string>
  /** In bytes. */
  readonly size: (name: string) => Promise<number>
  /**
   * Where files really lie, for a runtime that opens them itself and follows no links (the Hugging Face cache is made of
   * links): a folder, and each file's path below it.
   */
  readonly places: (
    names: ReadonlyArray<string>,
  ) => Promise<{ readonly folder: string; readonly paths: ReadonlyMap<string, string> }>
  /** Exactly `length` bytes from byte `offset` on; rejects when the file ends before that. */
  readonly readRange: (name: string, offset: number, length: number) => Promise<Uint8Array>
}

/** A JSON object as it was parsed, its fields not yet checked. */
export type JsonObject = { readonly [key: string]: unknown }

/** Whether a parsed JSON value is an object (neither `null` nor an array). */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A file's path for error messages. */
export const filePath = (files: ModelFiles, name: string): string => `${files.root}/${name}`

/** Reads a file that must hold one JSON object; rejects with a `ModelFileError` when it does not. */
export async function readJsonObject(files: ModelFiles, name: string): Promise<JsonObject> {
  const text = await files.readText(name)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw notJson(files, name, text, cause)
  }
  if (!isJsonObject(value)) throw noObject(files, name)
  return value
}

/**
 * The error for a file that is no JSON.
 *
 * @param start of its text.
 */
export function notJson(files: ModelFiles, name: string, start: string, cause: unknown): ModelFileError {
  checkLfsPointer(filePath(files, name), start)
  return new ModelFileError({
    file: filePath(files, name),
    problem: `not valid JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: "The file is damaged or was only partly downloaded; download it again.",
  })
}

/** The error for a file that holds something else. */
export const noObject = (files: ModelFiles, name: string): ModelFileError =>
  new ModelFileError({
    file: filePath(files, name),
    problem: "holds no JSON object",
    remedy: "Download the file again from where the model was published.",
  })
