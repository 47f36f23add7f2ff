/**
 * Arrays of numbers where they lie in a file, of an `.npz` or a `.safetensors`: as a whole, or a run of their elements alone,
 * of a file that may be far larger than memory.
 */
import { ScopeFileError } from "../words/Errors.ts"
import { crc32 } from "./crc32.ts"
import { inflate } from "./inflate.ts"
import { filePath, type ModelFiles } from "./ModelFiles.ts"
import { toFloat32 } from "./toFloat32.ts"

/** One array's place in a file. */
export interface PlacedArray {
  /** As safetensors spells it. */
  readonly dtype: string
  readonly shape: ReadonlyArray<number>
  /** Column-major ("Fortran order"): the first axis runs fastest. Else row-major. */
  readonly isColumnMajor: boolean
  /** Of the first element, in bytes from the file's start; need not be aligned. Of a deflated array: of its entry. */
  readonly offset: number
  /** In bytes. */
  readonly length: number
  /** Of an array that is deflated; the checksum is of its bytes and its header's before that. */
  readonly deflated?: { readonly length: number; readonly headerLength: number; readonly crc: number }
}

/** Bytes an element, of those that are read. */
const elementBytes: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2 }

/** Whether its numbers are of a kind that is read: f64, f32, f16 or bf16. */
export const isOfFloats = ({ dtype }: Pick<PlacedArray, "dtype">): boolean => Object.hasOwn(elementBytes, dtype)

/** Whether its elements lie one after the other in the file, row by row. */
export const isInPlace = ({ deflated, isColumnMajor, shape }: PlacedArray): boolean =>
  deflated === undefined && (!isColumnMajor || shape.length < 2)

/** Whether a runtime reads them there, too: nothing has to be made of them. */
export const isAsRead = (array: PlacedArray): boolean => array.dtype === "F32" && isInPlace(array)

/**
 * What is unpacked or turned is held in memory whole, and no buffer of bytes is larger everywhere. 1.5 GiB: as much as a page
 * may be given at once.
 */
const mostAtOnce = 1.5 * 1024 ** 3

const storeIt = "Write it again with numpy.savez, which stores arrays as they are: then only what is needed is read."
const smaller = "Or take a narrower autoencoder."

/**
 * Throws a `ScopeFileError` for an array that can only be read at once, and is too large for that: one that is compressed or
 * column-major, or not float32 where a runtime reads it.
 */
export function checkAtOnce(file: string, { deflated, length }: Pick<PlacedArray, "deflated" | "length">): void {
  if (length <= mostAtOnce) return
  const size = `${(length / 1e9).toFixed(1)} GB`
  const [problem, remedy] =
    deflated === undefined
      ? [`an array of ${size} would have to be read at once`, smaller]
      : [`it is compressed, and an array of ${size} would have to be unpacked in memory`, `${storeIt} ${smaller}`]
  throw new ScopeFileError({ file, problem, remedy })
}

/** The elements of an array, row by row, as float32. Rejects with a `ScopeFileError`. */
export async function readArray(files: ModelFiles, name: string, array: PlacedArray): Promise<Float32Array> {
  const { deflated, dtype, isColumnMajor, length, offset, shape } = array
  const refuse = (problem: string): ScopeFileError =>
    new ScopeFileError({ file: filePath(files, name), problem, remedy: "Download the file again." })
  checkAtOnce(filePath(files, name), array)
  const stored = await files.readRange(name, offset, deflated?.length ?? length)
  const whole = deflated === undefined ? stored : await inflate(stored, deflated.headerLength + length)
  const bytes = deflated === undefined ? whole : whole.slice(deflated.headerLength)
  if (bytes.length !== length) throw refuse("corrupt: an array inflates to another length")
  // Some who write zips leave it out.
  if (deflated !== undefined && deflated.crc !== 0 && crc32(whole) !== deflated.crc) {
    throw refuse("corrupt: an array has another checksum")
  }
  if (dtype !== "F32" && dtype !== "F16" && dtype !== "F64" && dtype !== "BF16") {
    throw refuse(`an array holds ${dtype} where floats are expected`)
  }
  const values = dtype === "F64" ? Float32Array.from(new Float64Array(bytes.slice().buffer)) : toFloat32(bytes, dtype)
  return isColumnMajor && shape.length === 2 ? transposed(values, shape[0] ?? 0, shape[1] ?? 0) : values
}

/**
 * Some elements that follow each other, row by row, of an array that {@link isInPlace}: the others are not read.
 *
 * Rejects as {@link readArray} does.
 */
export function readRun(
  files: ModelFiles,
  name: string,
  array: PlacedArray,
  { count, first }: { readonly first: number; readonly count: number },
): Promise<Float32Array> {
  const bytes = elementBytes[array.dtype] ?? 0
  return readArray(files, name, {
    ...array,
    shape: [count],
    offset: array.offset + first * bytes,
    length: count * bytes,
  })
}

/** Column by column to row by row. */
function transposed(columns: Float32Array, rows: number, width: number): Float32Array {
  const values = new Float32Array(columns.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) values[row * width + column] = columns[column * rows + row]!
  }
  return values
}
