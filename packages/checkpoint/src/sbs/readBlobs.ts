/**
 * What blobs a file of gemma.cpp's has, by their keys, read without touching the weights.
 *
 * The layout (google/gemma.cpp, `io/blob_store.cc`), little endian: a header of u32 magic, u32 blobs and u64 bytes of the file;
 * a directory of all keys, 16 bytes each and filled up with zeros, and then for each blob u64 offset and u64 bytes. Both stand
 * at the file's start; since August 2025 at its end, directory first, and the header at the start counts no blobs.
 */
import { ModelFileError } from "@facet/sdk/words"
import type { ModelFiles } from "@facet/sdk/folders"

export interface Blob {
  readonly offset: number
  /** In bytes. */
  readonly length: number
}

const sbsMagic = 0x0a_53_42_53
const headerBytes = 16
const keyBytes = 16
/** Of gemma.cpp's reader. */
const mostBlobs = 16_384

/** Rejects with a `ModelFileError` when the file is no store of blobs, truncated, or says what cannot be. */
export async function readBlobs(files: ModelFiles, name: string): Promise<ReadonlyMap<string, Blob>> {
  const size = await files.size(name)
  const refuse = (problem: string, remedy = "Download the file again."): ModelFileError =>
    new ModelFileError({ file: `${files.root}/${name}`, problem, remedy })
  if (size < 2 * headerBytes) throw refuse(`truncated: it has ${size} bytes`)
  const first = await readHeader(files, name, 0)
  if (first.magic !== sbsMagic) {
    throw refuse("no weights of gemma.cpp's: it does not begin with SBS", "Take a .sbs file as gemma.cpp reads it.")
  }
  const isAtEnd = first.blobs === 0
  const header = isAtEnd ? await readHeader(files, name, size - headerBytes) : first
  if (header.magic !== sbsMagic) throw refuse("truncated: its directory, which stands at the end, is not there")
  if (header.bytes !== size) throw refuse(`truncated: it has ${size} bytes, and should have ${header.bytes}`)
  if (header.blobs === 0 || header.blobs > mostBlobs) throw refuse(`corrupt: it would have ${header.blobs} blobs`)
  const length = 2 * keyBytes * header.blobs
  if (2 * headerBytes + length > size) throw refuse("truncated: its directory does not fit in")
  const at = isAtEnd ? size - headerBytes - length : headerBytes
  return readDirectory(await files.readRange(name, at, length), header.blobs, size, refuse)
}

const viewOf = ({ buffer, byteLength, byteOffset }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

async function readHeader(files: ModelFiles, name: string, at: number) {
  const view = viewOf(await files.readRange(name, at, headerBytes))
  return { magic: view.getUint32(0, true), blobs: view.getUint32(4, true), bytes: Number(view.getBigUint64(8, true)) }
}

function readDirectory(
  bytes: Uint8Array,
  count: number,
  size: number,
  refuse: (problem: string) => ModelFileError,
): ReadonlyMap<string, Blob> {
  const view = viewOf(bytes)
  const blobs = new Map<string, Blob>()
  for (let index = 0; index < count; index++) {
    const key = new TextDecoder("latin1").decode(bytes.subarray(index * keyBytes, (index + 1) * keyBytes))
    const name = key.replace(/\0+$/, "")
    const at = (count + index) * keyBytes
    const offset = Number(view.getBigUint64(at, true))
    const length = Number(view.getBigUint64(at + 8, true))
    if (blobs.has(name)) throw refuse(`corrupt: it has the blob ${JSON.stringify(name)} twice`)
    if (offset + length > size)
      throw refuse(`truncated: the blob ${name} ends at byte ${offset + length}, the file at ${size}`)
    blobs.set(name, { offset, length })
  }
  return blobs
}
