/**
 * Tensors as JSON: base64 of little-endian float32, which is how all platforms of JavaScript hold them: exact, and half as
 * long as decimals.
 */
import { Misread, type Reader, text } from "./Reader.ts"

/** @throws Misread when it is none. */
export const floats: Reader<Float32Array<ArrayBuffer>> = (value, path) => {
  try {
    const bytes = Uint8Array.from(atob(text(value, path)), (letter) => letter.charCodeAt(0))
    return new Float32Array(bytes.buffer)
  } catch (cause) {
    throw cause instanceof Misread ? cause : new Misread(`${path} is no base64 of float32`, { cause })
  }
}

/** A multiple of 3, so that pieces join without padding, and few enough for the arguments of one call. */
const pieceBytes = 3 * 8192

export function base64({ buffer, byteLength, byteOffset }: Float32Array): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  let letters = ""
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    letters += btoa(String.fromCharCode(...bytes.subarray(start, start + pieceBytes)))
  }
  return letters
}
