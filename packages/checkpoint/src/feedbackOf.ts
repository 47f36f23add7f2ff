import type { ErrorFeedback } from "@facet/sdk/folders"

/**
 * Added to the diagonal, as a share of its mean: what a short text showed is not all that there is, and sums of fewer tokens
 * than columns have no inverse (GPTQ, arXiv 2210.17323, section 3.3, takes as much).
 */
const damping = 0.01

/**
 * How the columns of a matrix make up for each other's errors.
 *
 * The error of a layer's output is e H e', where e is a row's error and H the sums of products of what the layer reads. The
 * least of it that columns behind `k` can leave of an error in `k` follows from the Cholesky factor of H's inverse; H is
 * taken to be zero outside of bands along its diagonal, so that a wide layer costs no more for each weight than a narrow
 * one.
 *
 * @param moments `[columns, band]`, row-major: of column `k` with each column of its band, which begins at a multiple of
 * `band`.
 * @returns undefined where the moments are none of any values.
 */
export function feedbackOf(moments: Float32Array, band: number): ErrorFeedback | undefined {
  const columns = moments.length / band
  const shares = new Float32Array(moments.length)
  for (let start = 0; start < columns; start += band) {
    const width = Math.min(band, columns - start)
    const own = moments.subarray(start * band, (start + width) * band)
    const factor = factorOf(own, width, band)
    if (factor === undefined) return undefined
    invert(factor, width, shares.subarray(start * band, (start + width) * band), band)
  }
  return { band, shares }
}

/** The upper triangle R with R R' = H; undefined where there is none. */
function factorOf(moments: Float32Array, width: number, band: number): Float64Array | undefined {
  let trace = 0
  for (let i = 0; i < width; i++) trace += moments[i * band + i]!
  // Values that were never there say nothing of each other.
  const added = trace > 0 ? (damping * trace) / width : 1
  const factor = new Float64Array(width * width)
  for (let j = width - 1; j >= 0; j--) {
    for (let i = j; i >= 0; i--) {
      let sum = moments[i * band + j]! + (i === j ? added : 0)
      for (let k = j + 1; k < width; k++) sum -= factor[i * width + k]! * factor[j * width + k]!
      if (i < j) factor[i * width + j] = sum / factor[j * width + j]!
      else if (sum > 0 && sum < Infinity) factor[j * width + j] = Math.sqrt(sum)
      else return undefined
    }
  }
  return factor
}

/** Writes R's inverse with each row divided by its diagonal, less what stands on it, and with the other sign. */
function invert(factor: Float64Array, width: number, shares: Float32Array, band: number): void {
  const sums = new Float64Array(width)
  for (let i = 0; i < width; i++) {
    sums.fill(0)
    for (let k = i; k < width; k++) {
      const share = k === i ? -1 : -sums[k]! / factor[k * width + k]!
      if (k > i) shares[i * band + k] = share
      for (let j = k + 1; j < width; j++) sums[j]! += share * factor[k * width + j]!
    }
  }
}
