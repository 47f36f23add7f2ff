/** What every `ModelFiles` in a browser says of a file's bytes. */
import { ModelFileError } from "../words/Errors.ts"

/** @throws ModelFileError when the bytes are not UTF-8. */
export function decodeText(file: string, bytes: Uint8Array | ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw new ModelFileError({ file, problem: "not UTF-8 text", remedy: "The file is damaged; publish it again." })
  }
}

/** @throws ModelFileError when a file of `size` bytes does not reach to `offset + length`. */
export function checkRange(file: string, size: number, offset: number, length: number): void {
  if (offset + length <= size) return
  throw new ModelFileError({
    file,
    problem: `truncated: it ends at byte ${size}, and bytes up to ${offset + length} are needed`,
    remedy: "Publish the whole file, remove the stored model and open it again.",
  })
}

export const missingFile = (file: string): ModelFileError =>
  new ModelFileError({ file, problem: "missing", remedy: "Publish the whole folder, with every file of the model." })
