/** `.npz` files as NumPy and others write them, made for tests. */

/** What to write, and in which of the ways that readers must cope with or refuse. */
export interface NpzOptions {
  /** 32-bit sizes of 0xFFFFFFFF with the true ones in zip64 extra fields, in the local headers or in both. */
  readonly zip64?: "local" | "everywhere"
  /** Zip method: 0 stored, 8 deflated. */
  readonly method?: number
  /** Bit 0: encrypted. */
  readonly flags?: number
  /** The `.npy` header's fields. */
  readonly descr?: string
  readonly fortranOrder?: boolean
  /** 1 or 2. */
  readonly npyVersion?: number
  /** After the zip's end record. */
  readonly comment?: string
}

/** A float32 array: shape and values. */
export type Float32Entry = readonly [ReadonlyArray<number>, ReadonlyArray<number>]

/** An `.npz` with these arrays, uncompressed whatever the options pretend. */
export function npz(arrays: Record<string, Float32Entry>, options: NpzOptions = {}): Uint8Array {
  const { zip64, method = 0, flags = 0, comment = "" } = options
  const local: Array<Buffer> = []
  const central: Array<Buffer> = []
  let offset = 0
  for (const [key, [shape, values]] of Object.entries(arrays)) {
    const name = Buffer.from(`${key}.npy`)
    const data = Buffer.concat([npyHeader(shape, options), Buffer.from(Float32Array.from(values).buffer)])
    const sizes = Buffer.alloc(20)
    sizes.writeUInt16LE(1, 0)
    sizes.writeUInt16LE(16, 2)
    sizes.writeBigUInt64LE(BigInt(data.length), 4)
    sizes.writeBigUInt64LE(BigInt(data.length), 12)

    const header = Buffer.alloc(30)
    header.writeUInt32LE(0x04034b50, 0)
    header.writeUInt32LE(zip64 ? 0xffffffff : data.length, 18)
    header.writeUInt32LE(zip64 ? 0xffffffff : data.length, 22)
    header.writeUInt16LE(name.length, 26)
    header.writeUInt16LE(zip64 ? sizes.length : 0, 28)

    const wide = zip64 === "everywhere"
    const place = Buffer.alloc(8)
    place.writeBigUInt64LE(BigInt(offset))
    const extra = wide ? Buffer.concat([sizes, place]) : Buffer.alloc(0)
    if (wide) extra.writeUInt16LE(24, 2)
    // A field of another kind before it.
    const other = Buffer.from([0x99, 0x99, 2, 0, 7, 7])
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(flags, 8)
    entry.writeUInt16LE(method, 10)
    entry.writeUInt32LE(wide ? 0xffffffff : data.length, 20)
    entry.writeUInt32LE(wide ? 0xffffffff : data.length, 24)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt16LE(other.length + extra.length, 30)
    entry.writeUInt32LE(wide ? 0xffffffff : offset, 42)
    central.push(entry, name, other, extra)
    const written = [header, name, zip64 ? sizes : Buffer.alloc(0), data]
    local.push(...written)
    offset += written.reduce((length, part) => length + part.length, 0)
  }
  const directory = Buffer.concat(central)
  return Buffer.concat([
    ...local,
    directory,
    endRecords(arrays, offset, directory.length, options),
    Buffer.from(comment),
  ])
}

function npyHeader(shape: ReadonlyArray<number>, options: NpzOptions): Buffer {
  const { descr = "<f4", fortranOrder = false, npyVersion = 1 } = options
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ")
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortranOrder ? "True" : "False"}, 'shape': (${extents}), }`
  const prefix = Buffer.from([0x93, ...Buffer.from("NUMPY"), npyVersion, 0])
  const length = Buffer.alloc(npyVersion === 1 ? 2 : 4)
  const text = Buffer.from(dict.padEnd(128 - prefix.length - length.length - 1) + "\n")
  if (npyVersion === 1) length.writeUInt16LE(text.length)
  else length.writeUInt32LE(text.length)
  return Buffer.concat([prefix, length, text])
}

function endRecords(arrays: object, offset: number, size: number, { zip64, comment = "" }: NpzOptions): Buffer {
  const count = Object.keys(arrays).length
  const wide = zip64 === "everywhere"
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(wide ? 0xffff : count, 8)
  end.writeUInt16LE(wide ? 0xffff : count, 10)
  end.writeUInt32LE(wide ? 0xffffffff : size, 12)
  end.writeUInt32LE(wide ? 0xffffffff : offset, 16)
  end.writeUInt16LE(Buffer.byteLength(comment), 20)
  if (!wide) return end
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(0x06064b50, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeBigUInt64LE(BigInt(count), 24)
  end64.writeBigUInt64LE(BigInt(count), 32)
  end64.writeBigUInt64LE(BigInt(size), 40)
  end64.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(offset + size), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([end64, locator, end])
}
