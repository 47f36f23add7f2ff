import type { ModelFiles } from "../files/ModelFiles.ts"
import { isInPlace, readArray, readRun } from "../files/PlacedArray.ts"
import type { SaeFile } from "../scope/SaeFile.ts"

/** Numbers that are read at once. */
const strip = 4 * 1024 * 1024

/** The length of each feature's row in the decoder, `[width]`. */
export async function decoderNorms(files: ModelFiles, file: string, sae: SaeFile): Promise<Float32Array> {
  const { arrays, dOut, width } = sae
  const norms = new Float32Array(width)
  const rows = isInPlace(arrays.W_dec) ? Math.max(1, Math.floor(strip / dOut)) : width
  for (let first = 0; first < width; first += rows) {
    const count = Math.min(rows, width - first)
    const values =
      count === width
        ? await readArray(files, file, arrays.W_dec)
        : await readRun(files, file, arrays.W_dec, { first: first * dOut, count: count * dOut })
    for (let row = 0; row < count; row++) {
      let square = 0
      for (let i = row * dOut; i < (row + 1) * dOut; i++) square += values[i]! * values[i]!
      norms[first + row] = Math.sqrt(square)
    }
  }
  return norms
}
