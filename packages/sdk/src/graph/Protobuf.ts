/**
 * The few lines of Protocol Buffers that an ONNX file needs: a message is a list of fields, each encoded by itself.
 *
 * Source: protobuf.dev, "Encoding".
 */
const text = new TextEncoder()

const Wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

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

/**
 * The fields of a message that are bytes, texts or messages, in their order, with their numbers; numbers are passed over.
 *
 * @throws RangeError where the message ends within a field.
 */
export function read(message: Message): ReadonlyArray<readonly [field: number, value: Message]> {
  const fields: Array<readonly [number, Message]> = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++]
      if (byte === undefined) throw new RangeError("a message that ends within a number")
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const wire = tag % 8
    if (wire === Wire.varint) varint()
    else if (wire === Wire.bytes) {
      const length = varint()
      if (at + length > message.length) throw new RangeError("a message that ends within a field")
      fields.push([(tag - wire) / 8, message.subarray(at, at + length)])
      at += length
    } else at += wire === Wire.fixed64 ? 8 : 4
  }
  return fields
}
