/**
 * The beginning of a GGUF file: its metadata, and where each tensor's bytes go.
 *
 * Source: ggml, docs/gguf.md, version 3.
 */

export type GgufValue =
  | { readonly uint32: number }
  | { readonly float32: number }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly strings: ReadonlyArray<string> }
  | { readonly float32s: ReadonlyArray<number> }
  | { readonly int32s: ReadonlyArray<number> }

export interface GgufTensor {
  readonly name: string
  /** The shape, outermost first: `[rows, columns]`. */
  readonly shape: ReadonlyArray<number>
  readonly type: "F32" | "Q4_0"
}

const valueTypes = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const
const tensorTypes = { F32: 0, Q4_0: 2 } as const
const alignment = 32

/** Weights in a block of Q4_0, and the block's bytes: a float16 scale and 4 bits each. */
export const q4Block = { weights: 32, bytes: 18 } as const

export const ggufBytes = ({ shape, type }: GgufTensor): number => {
  const count = shape.reduce((product, extent) => product * extent, 1)
  return type === "F32" ? count * 4 : (count / q4Block.weights) * q4Block.bytes
}

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment

/**
 * @returns the file's first bytes, and where each tensor begins, counted from the file's start
 */
export function layOutGguf(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: ReadonlyArray<GgufTensor>,
): { readonly header: Uint8Array; readonly offsets: ReadonlyMap<string, number>; readonly size: number } {
  const out = new Fields()
  out.bytes(new TextEncoder().encode("GGUF"))
  out.uint32(3)
  out.uint64(tensors.length)
  out.uint64(Object.keys(metadata).length)
  for (const [key, value] of Object.entries(metadata)) {
    out.string(key)
    writeValue(out, value)
  }
  const relative = new Map<string, number>()
  let end = 0
  for (const tensor of tensors) {
    const { name, shape, type } = tensor
    out.string(name)
    out.uint32(shape.length)
    // Innermost first.
    for (const extent of shape.toReversed()) out.uint64(extent)
    out.uint32(tensorTypes[type])
    out.uint64(end)
    relative.set(name, end)
    end += aligned(ggufBytes(tensor))
  }
  const header = out.padded(alignment)
  const offsets = new Map([...relative].map(([name, offset]) => [name, header.length + offset]))
  return { header, offsets, size: header.length + end }
}

function writeValue(out: Fields, value: GgufValue): void {
  if ("uint32" in value) return out.uint32s(valueTypes.uint32, value.uint32)
  if ("float32" in value) {
    out.uint32(valueTypes.float32)
    return out.float32(value.float32)
  }
  if ("bool" in value) {
    out.uint32(valueTypes.bool)
    return out.bytes(Uint8Array.of(value.bool ? 1 : 0))
  }
  if ("string" in value) {
    out.uint32(valueTypes.string)
    return out.string(value.string)
  }
  out.uint32(valueTypes.array)
  if ("strings" in value) {
    out.array(valueTypes.string, value.strings.length)
    for (const text of value.strings) out.string(text)
  } else if ("float32s" in value) {
    out.array(valueTypes.float32, value.float32s.length)
    out.bytes(new Uint8Array(Float32Array.from(value.float32s).buffer))
  } else {
    out.array(valueTypes.int32, value.int32s.length)
    out.bytes(new Uint8Array(Int32Array.from(value.int32s).buffer))
  }
}

/** Little-endian fields, one after the other. */
class Fields {
  readonly #parts: Array<Uint8Array> = []
  #length = 0

  bytes(part: Uint8Array): void {
    this.#parts.push(part)
    this.#length += part.length
  }

  uint32(value: number): void {
    this.bytes(new Uint8Array(Uint32Array.of(value).buffer))
  }

  uint32s(...values: ReadonlyArray<number>): void {
    for (const value of values) this.uint32(value)
  }

  uint64(value: number): void {
    this.bytes(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer))
  }

  float32(value: number): void {
    this.bytes(new Uint8Array(Float32Array.of(value).buffer))
  }

  string(value: string): void {
    const encoded = new TextEncoder().encode(value)
    this.uint64(encoded.length)
    this.bytes(encoded)
  }

  array(type: number, length: number): void {
    this.uint32(type)
    this.uint64(length)
  }

  /** All of it, filled up with zeros to a multiple. */
  padded(multiple: number): Uint8Array {
    const whole = new Uint8Array(Math.ceil(this.#length / multiple) * multiple)
    let at = 0
    for (const part of this.#parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
}
