/**
 * What a GGUF file holds: its metadata and where its tensors lie, read and checked without touching the weights.
 *
 * The format (ggml, `docs/gguf.md`), little endian: "GGUF", u32 version, u64 tensors, u64 entries; each entry a key, the
 * u32 type of its value and the value; each tensor a name, u32 rank, u64 extents (the fastest first), u32 type and u64
 * offset; then, aligned, the data that the offsets count from.
 */
import { ModelFileError } from "../../words/Errors.ts"
import { checkLfsPointer } from "../checkLfsPointer.ts"
import { filePath, type ModelFiles } from "../ModelFiles.ts"
import { encodingOfType, ggufBlock, type GgufEncoding, ggufEncodings, typeName } from "./GgufEncoding.ts"
import { GgufHeader } from "./GgufHeader.ts"

/** A value of the metadata. Lists of numbers are f64: exact but for integers beyond 2^53. */
export type GgufValue = number | boolean | string | Float64Array | ReadonlyArray<GgufValue>

/** A tensor's place. */
export interface GgufTensor {
  readonly name: string
  /** The file that it lies in. */
  readonly file: string
  readonly encoding: GgufEncoding
  /** Row-major, as elsewhere: a matrix is `[rows, columns]`. */
  readonly shape: ReadonlyArray<number>
  /** Of its first byte, counted from the file's start. */
  readonly offset: number
  /** In bytes. */
  readonly length: number
}

export interface GgufFile {
  readonly version: number
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufTensor>
}

/** Of the format. */
const versions: ReadonlyArray<number> = [2, 3]

/** Where files do not say. */
const defaultAlignment = 32
const mostRank = 4
/** The fewest bytes that an entry and a tensor's description take: what a count is checked against. */
const leastEntry = 8 + 4 + 1
const leastTensor = 8 + 4 + 4 + 8
/** A list of lists of lists is no metadata of a model. */
const mostDepth = 2

/**
 * Reads a GGUF file's metadata and table of tensors, of version 2 or 3.
 *
 * Rejects with a `ModelFileError` when the file is no GGUF, of another version, truncated or corrupt, or when a tensor
 * is of a type that Facet does not read or does not lie inside the file.
 */
export async function openGguf(files: ModelFiles, name: string): Promise<GgufFile> {
  const file = filePath(files, name)
  const refuse: Refuse = (problem, remedy = "Download the file again.") => new ModelFileError({ file, problem, remedy })
  const size = await files.size(name)
  if (size < 24) throw refuse(`truncated: it has ${size} bytes`)
  const header = new GgufHeader(files, name, size, refuse)
  await header.need(24)
  const version = await readVersion(files, name, header, refuse)
  const tensorCount = header.u64()
  const entryCount = header.u64()
  header.checkRoom(entryCount * leastEntry + tensorCount * leastTensor)
  const metadata = await readMetadata(header, entryCount, refuse)
  const found: Array<Described> = []
  for (let index = 0; index < tensorCount; index++) found.push(await readTensor(header, refuse))
  const alignment = alignmentOf(metadata, refuse)
  const start = Math.ceil(header.position / alignment) * alignment
  return { version, metadata, tensors: placeTensors(found, { file: name, start, alignment, size }, refuse) }
}

type Refuse = (problem: string, remedy?: string) => ModelFileError

async function readVersion(files: ModelFiles, name: string, header: GgufHeader, refuse: Refuse): Promise<number> {
  if (header.u32() !== 0x46_55_47_47) {
    const beginning = await files.readRange(name, 0, Math.min(await files.size(name), 64))
    checkLfsPointer(filePath(files, name), new TextDecoder("latin1").decode(beginning))
    throw refuse('no GGUF file: it does not begin with "GGUF"', "Take a model as llama.cpp's converter writes it.")
  }
  const version = header.u32()
  if (versions.includes(version)) return version
  // A small number at the other end: the file was written for machines of the other byte order.
  if (version !== 0 && (version & 0xffff) === 0) {
    throw refuse("its numbers are big endian", "Take the file for little-endian machines, which is the common one.")
  }
  throw refuse(`of version ${version} of the format; Facet reads ${versions.join(" and ")}`, "Convert the model anew.")
}

async function readMetadata(
  header: GgufHeader,
  count: number,
  refuse: Refuse,
): Promise<ReadonlyMap<string, GgufValue>> {
  const metadata = new Map<string, GgufValue>()
  for (let index = 0; index < count; index++) {
    const key = await header.text()
    await header.need(4)
    const value = await readValue(header, header.u32(), refuse, 0)
    if (metadata.has(key)) throw refuse(`corrupt: its metadata has ${JSON.stringify(key)} twice`)
    metadata.set(key, value)
  }
  return metadata
}

/** By the format's number of the type: bytes of a value, and how it is read. */
const scalars: Readonly<Record<number, { readonly bytes: number; readonly read: (header: GgufHeader) => number }>> = {
  0: { bytes: 1, read: (header) => header.u8() },
  1: { bytes: 1, read: (header) => header.i8() },
  2: { bytes: 2, read: (header) => header.u16() },
  3: { bytes: 2, read: (header) => header.i16() },
  4: { bytes: 4, read: (header) => header.u32() },
  5: { bytes: 4, read: (header) => header.i32() },
  6: { bytes: 4, read: (header) => header.f32() },
  10: { bytes: 8, read: (header) => header.u64() },
  11: { bytes: 8, read: (header) => header.i64() },
  12: { bytes: 8, read: (header) => header.f64() },
}
const boolType = 7
const textType = 8
const listType = 9

async function readValue(header: GgufHeader, type: number, refuse: Refuse, depth: number): Promise<GgufValue> {
  const scalar = scalars[type]
  if (scalar !== undefined) {
    await header.need(scalar.bytes)
    return scalar.read(header)
  }
  if (type === boolType) {
    await header.need(1)
    return header.u8() !== 0
  }
  if (type === textType) return header.text()
  if (type === listType && depth < mostDepth) return readList(header, refuse, depth + 1)
  throw refuse(`corrupt: its metadata has a value of type ${type}`)
}

async function readList(header: GgufHeader, refuse: Refuse, depth: number): Promise<GgufValue> {
  await header.need(12)
  const type = header.u32()
  const count = header.u64()
  const scalar = scalars[type]
  header.checkRoom(count * (scalar?.bytes ?? (type === boolType ? 1 : 8)))
  if (scalar !== undefined) {
    const numbers = new Float64Array(count)
    for (let index = 0; index < count; index++) {
      const pending = header.need(scalar.bytes)
      if (pending !== undefined) await pending
      numbers[index] = scalar.read(header)
    }
    return numbers
  }
  const values: Array<GgufValue> = []
  for (let index = 0; index < count; index++) values.push(await readValue(header, type, refuse, depth))
  return values
}

/** A tensor as the table describes it. */
interface Described {
  readonly name: string
  readonly encoding: GgufEncoding
  readonly shape: ReadonlyArray<number>
  /** Counted from where the data starts. */
  readonly offset: number
  readonly length: number
}

async function readTensor(header: GgufHeader, refuse: Refuse): Promise<Described> {
  const name = await header.text()
  await header.need(4)
  const rank = header.u32()
  if (rank > mostRank) throw refuse(`corrupt: the tensor ${name} has ${rank} dimensions`)
  await header.need(rank * 8 + 12)
  const shape = Array.from({ length: rank }, () => header.u64()).reverse()
  const type = header.u32()
  const offset = header.u64()
  const encoding = encodingOfType(type)
  if (encoding === undefined) {
    throw refuse(
      `the tensor ${name} is of the type ${typeName(type)}; Facet reads ${ggufEncodings.join(", ")}`,
      "Take another file of the same model, such as the one that ends in Q4_0, Q4_K_M or Q8_0.",
    )
  }
  const { bytes, weights } = ggufBlock(encoding)
  const columns = shape.at(-1) ?? 1
  if (columns % weights !== 0) {
    throw refuse(`corrupt: the tensor ${name} has rows of ${columns}, and ${encoding} has blocks of ${weights}`)
  }
  return { name, encoding, shape, offset, length: (shape.reduce((a, b) => a * b, 1) / weights) * bytes }
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, refuse: Refuse): number {
  const alignment = metadata.get("general.alignment") ?? defaultAlignment
  if (typeof alignment === "number" && Number.isInteger(Math.log2(alignment)) && alignment <= 65_536) return alignment
  throw refuse(`corrupt: its alignment is ${String(alignment)}, no power of two`)
}

interface Placement {
  readonly file: string
  /** Of the data, counted from the file's start. */
  readonly start: number
  readonly alignment: number
  /** Of the file, in bytes. */
  readonly size: number
}

function placeTensors(
  found: ReadonlyArray<Described>,
  { alignment, file, size, start }: Placement,
  refuse: Refuse,
): ReadonlyMap<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>()
  for (const tensor of found) {
    const { length, name } = tensor
    const offset = start + tensor.offset
    if (tensor.offset % alignment !== 0)
      throw refuse(`corrupt: the tensor ${name} does not lie at a multiple of ${alignment}`)
    if (offset + length > size) {
      throw refuse(`truncated: the tensor ${name} ends at byte ${offset + length}, and the file has ${size}`)
    }
    if (tensors.has(name)) throw refuse(`corrupt: it has the tensor ${name} twice`)
    tensors.set(name, { ...tensor, file, offset })
  }
  checkOverlap([...tensors.values()], refuse)
  return tensors
}

function checkOverlap(tensors: ReadonlyArray<GgufTensor>, refuse: Refuse): void {
  let end = 0
  let before = ""
  for (const { length, name, offset } of tensors
    .filter((tensor) => tensor.length > 0)
    .toSorted((a, b) => a.offset - b.offset)) {
    if (offset < end) throw refuse(`corrupt: the tensors ${before} and ${name} overlap`)
    end = offset + length
    before = name
  }
}
