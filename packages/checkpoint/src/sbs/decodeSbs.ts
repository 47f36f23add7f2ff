/**
 * Weights as gemma.cpp packs them (`compression/types.h`, `sfp-inl.h`, `nuq-inl.h`).
 *
 * SFP is a float of a byte, a sign and seven bits that switch between two forms: see {@link sfpValue}. NUQ has groups of 256
 * values: 16 centres in SFP, then for each value the number of its centre in 4 bits, the low half of a byte first.
 */
import { toFloat32 } from "@facet/sdk/folders"

export type SbsEncoding = "F32" | "BF16" | "SFP" | "NUQ"

const groupValues = 256
const centres = 16
const groupBytes = centres + groupValues / 2

/** What so many values take. */
export function sbsBytes(encoding: SbsEncoding, values: number): number {
  if (encoding === "F32") return 4 * values
  if (encoding === "BF16") return 2 * values
  if (encoding === "SFP") return values
  return centres * Math.ceil(values / groupValues) + Math.ceil(values / 2)
}

/** The bytes that hold values `first` to `first + count` of a tensor of `all`: NUQ is read by whole groups. */
export function sbsRange(
  encoding: SbsEncoding,
  first: number,
  count: number,
  all: number,
): readonly [offset: number, length: number] {
  if (encoding !== "NUQ") {
    const width = sbsBytes(encoding, 1)
    return [first * width, count * width]
  }
  const start = Math.floor(first / groupValues)
  const end = Math.min(all, Math.ceil((first + count) / groupValues) * groupValues)
  return [start * groupBytes, sbsBytes("NUQ", end) - start * groupBytes]
}

/** Values `first` to `first + count` as f32, of the bytes of their {@link sbsRange}. */
export function decodeSbs(bytes: Uint8Array, encoding: SbsEncoding, first: number, count: number): Float32Array {
  if (encoding === "F32" || encoding === "BF16") return toFloat32(bytes, encoding)
  if (encoding === "SFP") return Float32Array.from(bytes, (byte) => sfp[byte]!)
  const values = new Float32Array(count)
  const skipped = first % groupValues
  for (let i = 0; i < count; i++) {
    const at = skipped + i
    const group = Math.floor(at / groupValues) * groupBytes
    const within = at % groupValues
    const pair = bytes[group + centres + (within >> 1)]!
    values[i] = sfp[bytes[group + (within % 2 === 0 ? pair & 15 : pair >> 4)]!]!
  }
  return values
}

/**
 * A byte of SFP. Of its low seven bits, those below 64 are an exponent from -23 to -8 and two bits of mantissa, but for 0, which
 * is zero; those from 64 on an exponent from -7 to 0 and three bits of mantissa.
 */
function sfpValue(byte: number): number {
  const bits = byte & 127
  const sign = byte < 128 ? 1 : -1
  if (bits === 0) return 0
  if (bits < 64) return sign * (1 + (bits % 4) / 4) * 2 ** (Math.floor(bits / 4) - 23)
  return sign * (1 + (bits % 8) / 8) * 2 ** (Math.floor((bits - 64) / 8) - 7)
}

const sfp: Float32Array = Float32Array.from({ length: 256 }, (_, byte) => sfpValue(byte))
