/**
 * The few lines of Protocol Buffers that an ONNX file needs: a message is a list of fields, each already encoded.
 *
 * Source: protobuf.dev, "Encoding".
 */
const text = new TextEncoder()

const Wire = { varint: 0, bytes: 2, fixed32: 5 } as const

function varint(value: bigint): Uint8Array {
  const bytes: Array<number> = []
  // Negative int64 values are written as their 64-bit two's complement: ten bytes.
  let rest = BigInt.asUintN(64, value)
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}

function concat(parts: ReadonlyArray<Uint8Array>): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const tag = (field: number, wire: number) => varint(BigInt((field << 3) | wire))

/** An encoded message (or a piece of one). */
export type Message = Uint8Array

export const message = (...fields: ReadonlyArray<Message>): Message => concat(fields)

export const int = (field: number, value: number | bigint): Message =>
  concat([tag(field, Wire.varint), varint(BigInt(value))])

export const float = (field: number, value: number): Message =>
  concat([tag(field, Wire.fixed32), new Uint8Array(Float32Array.of(value).buffer)])

export const bytes = (field: number, value: Uint8Array): Message =>
  concat([tag(field, Wire.bytes), varint(BigInt(value.length)), value])

export const string = (field: number, value: string): Message => bytes(field, text.encode(value))

/** Repeats one field, as protobuf writes a list. */
export const repeated = <A>(values: ReadonlyArray<A>, encode: (value: A) => Message): Message =>
  concat(values.map(encode))
