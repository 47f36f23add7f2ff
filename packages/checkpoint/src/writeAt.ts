import type { FileHandle } from "node:fs/promises"

/** Writes all bytes of an array at a place of a file: one call may take a part of them. */
export async function writeAt(
  file: FileHandle,
  values: Uint8Array | Int8Array | Uint16Array | Float32Array,
  position: number,
) {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
  }
}
