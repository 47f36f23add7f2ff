/**
 * Arrays inside NumPy's `.npz` files, located in place: a runtime can read the numbers of those that are stored as they
 * are straight out of the zip. Only the zip's directory and the `.npy` headers are read here; `readArray` reads the
 * others.
 *
 * Formats: PKWARE's APPNOTE.TXT 6.3.10 (zip, zip64), RFC 1951 (deflate), NumPy's NEP 1 (npy).
 */
import { ModelFileError, ScopeFileError } from "../words/Errors.ts"
import { filePath, type ModelFiles } from "./ModelFiles.ts"
import { inflate } from "./inflate.ts"
import type { PlacedArray } from "./PlacedArray.ts"

const NPY_DTYPES = {
  "<f8": { dtype: "F64", bytes: 8 },
  "<f4": { dtype: "F32", bytes: 4 },
  "<f2": { dtype: "F16", bytes: 2 },
  "<i8": { dtype: "I64", bytes: 8 },
  "<i4": { dtype: "I32", bytes: 4 },
  "|u1": { dtype: "U8", bytes: 1 },
  "|i1": { dtype: "I8", bytes: 1 },
} as const

/** An array of an `.npz`. */
export interface NpzArray extends PlacedArray {
  readonly dtype: (typeof NPY_DTYPES)[keyof typeof NPY_DTYPES]["dtype"]
}

/** The arrays of a file. */
export interface Npz {
  readonly names: ReadonlyArray<string>
  /**
   * Rejects with a `ScopeFileError` when the array is encrypted, damaged, big-endian or not of numbers: those that nobody
   * asks for may be anything.
   */
  readonly locate: (name: string) => Promise<NpzArray>
}

/**
 * Lists the arrays of an `.npz` file by their names (without `.npy`).
 *
 * Rejects with a `ScopeFileError` when the file is missing, no zip, or truncated.
 */
export async function readNpz(files: ModelFiles, name: string): Promise<Npz> {
  const archive = new Archive(files, name)
  const entries = new Map<string, ZipEntry>()
  for (const entry of await archive.entries()) {
    if (entry.name.endsWith(".npy")) entries.set(entry.name.slice(0, -".npy".length), entry)
  }
  return {
    names: [...entries.keys()],
    locate: async (array) => {
      const entry = entries.get(array)
      if (entry === undefined) throw archive.refuse(`the array ${array} is missing`)
      return archive.array(entry)
    },
  }
}

const shapeText = (shape: ReadonlyArray<number>): string => `[${shape.join(", ")}]`

/** One entry of the zip's central directory. */
interface ZipEntry {
  readonly name: string
  /** Of the local header, from the file's start. */
  readonly headerOffset: number
  /** Of the array and its header, in bytes. */
  readonly size: number
  /** Of what stands in the file. */
  readonly packedSize: number
  readonly isEncrypted: boolean
  /** Of the array and its header. */
  readonly crc: number
  /** By APPNOTE's numbers: 0 is stored, 8 deflated. */
  readonly method: number
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
/** How an entry is packed. */
const stored = 0
const deflated = 8
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

  refuse(problem: string, remedy = "Download the file again."): ScopeFileError {
    return new ScopeFileError({ file: filePath(this.#files, this.#name), problem, remedy })
  }

  /** A scope's file is not a model's: the same trouble under the name that fits. */
  async #inScope<A>(read: Promise<A>): Promise<A> {
    try {
      return await read
    } catch (cause) {
      if (cause instanceof ModelFileError) throw this.refuse(cause.problem, cause.remedy)
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
        throw this.refuse("corrupt: its zip directory is broken")
      }
      const nameLength = view.getUint16(at + 28, true)
      const extraLength = view.getUint16(at + 30, true)
      const next = at + CENTRAL_SIZE + nameLength + extraLength + view.getUint16(at + 32, true)
      if (next > view.byteLength) throw this.refuse("corrupt: its zip directory is broken")
      entries.push(this.#parseEntry(view, at, nameLength, extraLength))
      at = next
    }
    return entries
  }

  #parseEntry(view: DataView, at: number, nameLength: number, extraLength: number): ZipEntry {
    const name = text(view, at + CENTRAL_SIZE, nameLength)
    const crc = view.getUint32(at + 16, true)
    const isEncrypted = (view.getUint16(at + 8, true) & 1) !== 0
    const method = view.getUint16(at + 10, true)
    const zip64 = this.#zip64Fields(view, at + CENTRAL_SIZE + nameLength, extraLength)
    // The zip64 field holds only those values that did not fit, in this order: size, compressed size, offset.
    const size = view.getUint32(at + 24, true)
    const packedSize = view.getUint32(at + 20, true)
    const headerOffset = view.getUint32(at + 42, true)
    const take = (value: number): number => {
      if (value !== IN_ZIP64) return value
      const wide = zip64.shift()
      if (wide === undefined) throw this.refuse("corrupt: its zip directory is broken")
      return wide
    }
    const [fullSize, fullPackedSize, fullOffset] = [take(size), take(packedSize), take(headerOffset)]
    if (method === stored && fullSize !== fullPackedSize) throw this.refuse(`corrupt: ${name} has two sizes`)
    return { name, headerOffset: fullOffset, size: fullSize, packedSize: fullPackedSize, isEncrypted, crc, method }
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
      throw this.refuse(
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
      if (end.getUint32(0, true) !== ZIP64_END_SIGNATURE) throw this.refuse("corrupt: its zip64 directory is broken")
      count = Number(end.getBigUint64(32, true))
      size = Number(end.getBigUint64(40, true))
      offset = Number(end.getBigUint64(48, true))
    }
    if (offset + size > fileSize) throw this.refuse("truncated: its zip directory lies outside the file")
    return { offset, size, count }
  }

  /** Locates the array in an entry, from its local header and its `.npy` header. */
  async array(entry: ZipEntry): Promise<NpzArray> {
    if (entry.isEncrypted) throw this.refuse(`${entry.name} is encrypted`, "Store the arrays without encryption.")
    if (entry.method !== stored && entry.method !== deflated) {
      throw this.refuse(`${entry.name} is packed in a way that NumPy does not`, "Write the file with numpy.savez.")
    }
    const start = await this.#start(entry)
    const { headerLength, text: header } = await this.#npyHeader(entry, start)
    const { bytes, dtype, isColumnMajor, shape } = this.#parseNpyHeader(entry.name, header)
    const length = shape.reduce((product, extent) => product * extent, bytes)
    if (entry.size - headerLength !== length) {
      throw this.refuse(
        `corrupt: ${entry.name} has ${entry.size - headerLength} bytes, and ${dtype} ${shapeText(shape)} takes ${length}`,
      )
    }
    const place = { dtype, shape, isColumnMajor, length }
    return entry.method === stored
      ? { ...place, offset: start + headerLength }
      : { ...place, offset: start, deflated: { length: entry.packedSize, headerLength, crc: entry.crc } }
  }

  /** Where an entry's own bytes start in the file. */
  async #start(entry: ZipEntry): Promise<number> {
    const local = await this.#view(entry.headerOffset, LOCAL_SIZE)
    if (local.getUint32(0, true) !== LOCAL_SIGNATURE)
      throw this.refuse(`corrupt: ${entry.name} is not where the zip says`)
    // The sizes stand in the directory; local headers may hold 0xFFFFFFFF, and their extra field has its own length.
    const start = entry.headerOffset + LOCAL_SIZE + local.getUint16(26, true) + local.getUint16(28, true)
    const end = start + entry.packedSize
    const fileSize = await this.#inScope(this.#files.size(this.#name))
    if (end > fileSize) throw this.refuse(`truncated: ${entry.name} ends at byte ${end}, and the file has ${fileSize}`)
    return start
  }

  /** An entry's first bytes, as many as there are up to the end of any `.npy` header. */
  async #beginning(entry: ZipEntry, start: number): Promise<DataView> {
    const most = Math.min(entry.size, NPY_PREFIX + MAX_NPY_HEADER)
    if (entry.method === stored) return this.#view(start, Math.min(most, 4 * NPY_PREFIX + 256))
    const packed = await this.#inScope(
      this.#files.readRange(this.#name, start, Math.min(entry.packedSize, 2 * MAX_NPY_HEADER)),
    )
    const bytes = await inflate(packed, most)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  async #npyHeader(entry: ZipEntry, start: number): Promise<{ readonly headerLength: number; readonly text: string }> {
    const notNpy = (): ScopeFileError => this.refuse(`${entry.name} is not an npy array`)
    let beginning = await this.#beginning(entry, start)
    if (beginning.byteLength < NPY_PREFIX) throw notNpy()
    if (beginning.getUint8(0) !== 0x93 || text(beginning, 1, 5) !== "NUMPY") throw notNpy()
    const firstVersion = beginning.getUint8(6) === 1
    const headerStart = firstVersion ? 10 : 12
    const length = firstVersion ? beginning.getUint16(8, true) : beginning.getUint32(8, true)
    const headerLength = headerStart + length
    if (length > MAX_NPY_HEADER || headerLength > entry.size) throw notNpy()
    if (headerLength > beginning.byteLength) {
      if (entry.method !== stored) throw notNpy()
      beginning = await this.#view(start, headerLength)
    }
    return { headerLength, text: text(beginning, headerStart, length) }
  }

  /** Parses the Python dict of an `.npy` header: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`. */
  #parseNpyHeader(name: string, header: string) {
    const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1]
    const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1]
    const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1]
    if (descr === undefined || order === undefined || shape === undefined) {
      throw this.refuse(`${name} has the npy header ${JSON.stringify(header.trim())}, which is no plain array's`)
    }
    if (!isNpyDtype(descr)) {
      throw this.refuse(`${name} has the dtype '${descr}'`, "Write it with numpy as a little-endian float32 array.")
    }
    const extents = shape.split(",").filter((extent) => extent.trim() !== "")
    return { ...NPY_DTYPES[descr], shape: extents.map(Number), isColumnMajor: order === "True" }
  }
}

const isNpyDtype = (descr: string): descr is keyof typeof NPY_DTYPES => Object.hasOwn(NPY_DTYPES, descr)

const text = (view: DataView, offset: number, length: number): string =>
  new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + offset, length))
