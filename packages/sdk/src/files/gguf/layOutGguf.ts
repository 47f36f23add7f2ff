/**
 * The beginning of a GGUF file, version 3, that is about to be written (see `openGguf.ts` for the format), and where each
 * tensor's bytes go, in whatever order they come.
 */
import { ggufBlock, type GgufEncoding } from "./GgufEncoding.ts"

/** A value of the metadata, of the type that readers expect. */
export type GgufEntry =
  | { readonly type: "u32" | "f32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "texts"; readonly value: ReadonlyArray<string> }
  | { readonly type: "f32s" | "i32s"; readonly value: ArrayLike<number> }

/** A tensor to be written. */
export interface GgufPlan {
  readonly name: string
  readonly encoding: GgufEncoding
  /** Row-major; a row is whole blocks. */
  readonly shape: ReadonlyArray<number>
}

/** How a file is laid out. */
export interface GgufLayout {
  /** The file's first bytes, up to the tensors'. */
  readonly header: Uint8Array
  /** Where each tensor's bytes start, counted from the file's start. */
  readonly offsets: ReadonlyMap<string, number>
  /** The whole file's size in bytes. */
  readonly size: number
}

/** Where files do not say otherwise. */
const alignment = 32

/** Lays tensors out in the given order. */
export function layOutGguf(metadata: Iterable<readonly [string, GgufEntry]>, tensors: Iterable<GgufPlan>): GgufLayout {
  const entries = [...metadata]
  const plans = [...tensors]
  const writer = new Writer()
  writer.bytes(new TextEncoder().encode("GGUF"))
  writer.u32(3)
  writer.u64(plans.length)
  writer.u64(entries.length)
  for (const [key, entry] of entries) {
    writer.text(key)
    writeEntry(writer, entry)
  }
  let end = 0
  const begins = new Map<string, number>()
  for (const { encoding, name, shape } of plans) {
    const { bytes, type, weights } = ggufBlock(encoding)
    writer.text(name)
    writer.u32(shape.length)
    for (const extent of shape.toReversed()) writer.u64(extent)
    writer.u32(type)
    writer.u64(end)
    begins.set(name, end)
    end = aligned(end + (shape.reduce((a, b) => a * b, 1) / weights) * bytes)
  }
  writer.fill(aligned(writer.length) - writer.length)
  const header = writer.take()
  const offsets = new Map([...begins].map(([name, begin]) => [name, header.length + begin]))
  return { header, offsets, size: header.length + end }
}

const aligned = (offset: number): number => Math.ceil(offset / alignment) * alignment

/** The format's numbers of types, and how a value is written. */
function writeEntry(writer: Writer, entry: GgufEntry): void {
  switch (entry.type) {
    case "u32":
      writer.u32(4)
      return writer.u32(entry.value)
    case "f32":
      writer.u32(6)
      return writer.bytes(new Uint8Array(Float32Array.of(entry.value).buffer))
    case "bool":
      writer.u32(7)
      return writer.bytes(Uint8Array.of(entry.value ? 1 : 0))
    case "text":
      writer.u32(8)
      return writer.text(entry.value)
    case "texts":
      writer.list(8, entry.value.length)
      for (const text of entry.value) writer.text(text)
      return
    case "f32s":
      writer.list(6, entry.value.length)
      return writer.bytes(new Uint8Array(Float32Array.from(entry.value).buffer))
    case "i32s":
      writer.list(5, entry.value.length)
      return writer.bytes(new Uint8Array(Int32Array.from(entry.value).buffer))
  }
}

/** Bytes that grow. */
class Writer {
  #bytes = new Uint8Array(1024)
  #view = new DataView(this.#bytes.buffer)
  length = 0

  #room(count: number): number {
    const at = this.length
    this.length += count
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.#bytes.length))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }

  u32(value: number): void {
    const at = this.#room(4)
    this.#view.setUint32(at, value, true)
  }

  u64(value: number): void {
    const at = this.#room(8)
    this.#view.setBigUint64(at, BigInt(value), true)
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.u64(bytes.length)
    this.bytes(bytes)
  }

  list(type: number, count: number): void {
    this.u32(9)
    this.u32(type)
    this.u64(count)
  }

  fill(count: number): void {
    this.#room(count)
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }
}
