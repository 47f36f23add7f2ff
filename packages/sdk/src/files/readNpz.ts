/**
 * Arrays inside NumPy's `.npz` files, located in place: a zip whose entries are stored uncompressed, so that a runtime can
 * read the numbers straight out of it. Only the zip's directory and the `.npy` headers are read here.
 *
 * Formats: PKWARE's APPNOTE.TXT 6.3.10 (zip, zip64), NumPy's NEP 1 (npy).
 */
import { ModelFileError, ScopeFileError } from "../words/Errors.ts"
import { filePath, type ModelFiles } from "./ModelFiles.ts"

const NPY_DTYPES = {
  "<f8": { dtype: "F64", bytes: 8 },
  "<f4": { dtype: "F32", bytes: 4 },
  "<f2": { dtype: "F16", bytes: 2 },
  "<i8": { dtype: "I64", bytes: 8 },
  "<i4": { dtype: "I32", bytes: 4 },
  "|u1": { dtype: "U8", bytes: 1 },
  "|i1": { dtype: "I8", bytes: 1 },
} as const

/** One array's place in a file. */
export interface NpzArray {
  readonly dtype: (typeof NPY_DTYPES)[keyof typeof NPY_DTYPES]["dtype"]
  /** Row-major. */
  readonly shape: ReadonlyArray<number>
  /** Of the first element, in bytes from the file's start; need not be aligned. */
  readonly offset: number
  /** In bytes. */
  readonly length: number
}

/**
 * Locates the arrays of an `.npz` file by their names (without `.npy`).
 *
 * Rejects with a `ScopeFileError` when the file is missing, no zip, truncated, or holds something that cannot be read
 * in place: compressed or encrypted entries, Fortran order, big-endian or non-numeric elements.
 */
export async function readNpz(files: ModelFiles, name: string): Promise<ReadonlyMap<string, NpzArray>> {
  const archive = new Archive(files, name)
  const arrays = new Map<string, NpzArray>()
  for (const entry of await archive.entries()) {
    if (!entry.name.endsWith(".npy")) continue
    arrays.set(entry.name.slice(0, -".npy".length), await archive.array(entry))
  }
  return arrays
}

const shapeText = (shape: ReadonlyArray<number>): string => `[${shape.join(", ")}]`

/** One entry of the zip's central directory. */
interface ZipEntry {
  readonly name: string
  /** Of the local header, from the file's start. */
  readonly headerOffset: number
  /** Of the stored data, in bytes. */
  readonly size: number
}

const END_SIGNATURE = 0x06054b50
const END_SIZE = 22
/** The end record may be followed by a comment of up to 65,535 bytes. */
const END_SEARCH = END_SIZE + 0xffff
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50
const ZIP64_LOCATOR_SIZE = 20
const ZIP64_END_SIGNATURE = 0x06064b50
const ZIP64_END_SIZE = 56
const CENTRAL_SIGNATURE = 0x02014b50
const CENTRAL_SIZE = 46
const LOCAL_SIGNATURE = 0x04034b50
const LOCAL_SIZE = 30
const ZIP64_EXTRA = 0x0001
/** Written in 32-bit fields whose value stands in the zip64 extra field. */
const IN_ZIP64 = 0xffffffff
/** The prefix of a version 2 `.npy` header; that of version 1 is two bytes shorter. */
const NPY_PREFIX = 12
/** More than any `.npy` header of a plain array; stops a corrupt length from being allocated. */
const MAX_NPY_HEADER = 65_536

/** A zip read by byte ranges. */
class Archive {
  readonly #files: ModelFiles
  readonly #name: string

  constructor(files: ModelFiles, name: string) {
    this.#files = files
    this.#name = name
  }

  #refuse(problem: string, remedy = "Download the file again."): ScopeFileError {
    return new ScopeFileError({ file: filePath(this.#files, this.#name), problem, remedy })
  }

  /** A scope's file is not a model's: the same trouble under the name that fits. */
  async #inScope<A>(read: Promise<A>): Promise<A> {
    try {
      return await read
    } catch (cause) {
      if (cause instanceof ModelFileError) throw this.#refuse(cause.problem, cause.remedy)
      throw cause
    }
  }

  async #view(offset: number, length: number): Promise<DataView> {
    const bytes = await this.#inScope(this.#files.readRange(this.#name, offset, length))
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Reads the central directory. */
  async entries(): Promise<ReadonlyArray<ZipEntry>> {
    const directory = await this.#findDirectory()
    const view = await this.#view(directory.offset, directory.size)
    const entries: Array<ZipEntry> = []
    let at = 0
    for (let index = 0; index < directory.count; index++) {
      if (at + CENTRAL_SIZE > view.byteLength || view.getUint32(at, true) !== CENTRAL_SIGNATURE) {
        throw this.#refuse("corrupt: its zip directory is broken")
      }
      const nameLength = view.getUint16(at + 28, true)
      const extraLength = view.getUint16(at + 30, true)
      const next = at + CENTRAL_SIZE + nameLength + extraLength + view.getUint16(at + 32, true)
      if (next > view.byteLength) throw this.#refuse("corrupt: its zip directory is broken")
      entries.push(this.#parseEntry(view, at, nameLength, extraLength))
      at = next
    }
    return entries
  }

  #parseEntry(view: DataView, at: number, nameLength: number, extraLength: number): ZipEntry {
    const name = text(view, at + CENTRAL_SIZE, nameLength)
    const flags = view.getUint16(at + 8, true)
    if ((flags & 1) !== 0) throw this.#refuse(`${name} is encrypted`, "Store the arrays without encryption.")
    if (view.getUint16(at + 10, true) !== 0) {
      throw this.#refuse(
        `${name} is compressed, and weights are read in place`,
        "Write the file with numpy.savez, not numpy.savez_compressed.",
      )
    }
    const zip64 = this.#zip64Fields(view, at + CENTRAL_SIZE + nameLength, extraLength)
    // The zip64 field holds only those values that did not fit, in this order: size, compressed size, offset.
    const size = view.getUint32(at + 24, true)
    const packedSize = view.getUint32(at + 20, true)
    const headerOffset = view.getUint32(at + 42, true)
    const take = (value: number): number => {
      if (value !== IN_ZIP64) return value
      const wide = zip64.shift()
      if (wide === undefined) throw this.#refuse("corrupt: its zip directory is broken")
      return wide
    }
    const [fullSize, fullPackedSize, fullOffset] = [take(size), take(packedSize), take(headerOffset)]
    if (fullSize !== fullPackedSize) throw this.#refuse(`corrupt: ${name} has two sizes`)
    return { name, headerOffset: fullOffset, size: fullSize }
  }

  /** The 64-bit values of an entry's zip64 extra field, in order; empty where it has none. */
  #zip64Fields(view: DataView, start: number, length: number): Array<number> {
    const end = start + length
    let at = start
    while (at + 4 <= end) {
      const fieldEnd = at + 4 + view.getUint16(at + 2, true)
      if (fieldEnd > end) break
      if (view.getUint16(at, true) === ZIP64_EXTRA) {
        const values: Array<number> = []
        for (let value = at + 4; value + 8 <= fieldEnd; value += 8) values.push(Number(view.getBigUint64(value, true)))
        return values
      }
      at = fieldEnd
    }
    return []
  }

  async #findDirectory(): Promise<{ readonly offset: number; readonly size: number; readonly count: number }> {
    const fileSize = await this.#inScope(this.#files.size(this.#name))
    const tailSize = Math.min(fileSize, END_SEARCH)
    const tail = await this.#view(fileSize - tailSize, tailSize)
    let at = tailSize - END_SIZE
    while (at >= 0 && tail.getUint32(at, true) !== END_SIGNATURE) at--
    if (at < 0) {
      throw this.#refuse(
        "not a zip, or truncated: it has no zip directory at its end",
        "Download the file again; Gemma Scope's file is called params.npz.",
      )
    }
    let count = tail.getUint16(at + 10, true)
    let size = tail.getUint32(at + 12, true)
    let offset = tail.getUint32(at + 16, true)
    if (at >= ZIP64_LOCATOR_SIZE && tail.getUint32(at - ZIP64_LOCATOR_SIZE, true) === ZIP64_LOCATOR_SIGNATURE) {
      const endOffset = Number(tail.getBigUint64(at - ZIP64_LOCATOR_SIZE + 8, true))
      const end = await this.#view(endOffset, ZIP64_END_SIZE)
      if (end.getUint32(0, true) !== ZIP64_END_SIGNATURE) throw this.#refuse("corrupt: its zip64 directory is broken")
      count = Number(end.getBigUint64(32, true))
      size = Number(end.getBigUint64(40, true))
      offset = Number(end.getBigUint64(48, true))
    }
    if (offset + size > fileSize) throw this.#refuse("truncated: its zip directory lies outside the file")
    return { offset, size, count }
  }

  /** Locates the array in an entry, from its local header and its `.npy` header. */
  async array(entry: ZipEntry): Promise<NpzArray> {
    const local = await this.#view(entry.headerOffset, LOCAL_SIZE)
    if (local.getUint32(0, true) !== LOCAL_SIGNATURE)
      throw this.#refuse(`corrupt: ${entry.name} is not where the zip says`)
    // The sizes stand in the directory; local headers may hold 0xFFFFFFFF, and their extra field has its own length.
    const start = entry.headerOffset + LOCAL_SIZE + local.getUint16(26, true) + local.getUint16(28, true)
    const end = start + entry.size
    const fileSize = await this.#inScope(this.#files.size(this.#name))
    if (end > fileSize) throw this.#refuse(`truncated: ${entry.name} ends at byte ${end}, and the file has ${fileSize}`)

    const notNpy = (): ScopeFileError => this.#refuse(`${entry.name} is not an npy array`)
    if (entry.size < NPY_PREFIX) throw notNpy()
    const prefix = await this.#view(start, NPY_PREFIX)
    if (prefix.getUint8(0) !== 0x93 || text(prefix, 1, 5) !== "NUMPY") throw notNpy()
    const firstVersion = prefix.getUint8(6) === 1
    const headerStart = firstVersion ? 10 : 12
    const headerLength = firstVersion ? prefix.getUint16(8, true) : prefix.getUint32(8, true)
    if (headerLength > MAX_NPY_HEADER || headerStart + headerLength > entry.size) throw notNpy()
    const header = text(await this.#view(start + headerStart, headerLength), 0, headerLength)
    const { dtype, bytes, shape } = this.#parseNpyHeader(entry.name, header)

    const offset = start + headerStart + headerLength
    const length = shape.reduce((product, extent) => product * extent, bytes)
    if (end - offset !== length) {
      throw this.#refuse(
        `corrupt: ${entry.name} has ${end - offset} bytes, and ${dtype} ${shapeText(shape)} takes ${length}`,
      )
    }
    return { dtype, shape, offset, length }
  }

  /** Parses the Python dict of an `.npy` header: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`. */
  #parseNpyHeader(name: string, header: string) {
    const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1]
    const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1]
    const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1]
    if (descr === undefined || order === undefined || shape === undefined) {
      throw this.#refuse(`${name} has the npy header ${JSON.stringify(header.trim())}, which is no plain array's`)
    }
    const rewrite = "Write it with numpy as a little-endian, C-ordered float32 array."
    if (order === "True") throw this.#refuse(`${name} is in Fortran order`, rewrite)
    if (!isNpyDtype(descr)) throw this.#refuse(`${name} has the dtype '${descr}'`, rewrite)
    const extents = shape.split(",").filter((extent) => extent.trim() !== "")
    return { ...NPY_DTYPES[descr], shape: extents.map(Number) }
  }
}

const isNpyDtype = (descr: string): descr is keyof typeof NPY_DTYPES => Object.hasOwn(NPY_DTYPES, descr)

const text = (view: DataView, offset: number, length: number): string =>
  new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + offset, length))
