/**
 * The random numbers of a request: a uniform number for each (seed, step, token id), each independent of the others
 * and found without those before it. So what a token is drawn with depends neither on the other tokens' probabilities
 * nor on what else runs.
 */

/** The numbers of one step: `upper` first, `lower` only where it matters. */
export interface StepNoise {
  /** The upper 32 bits of the token's number, as an integer. */
  upper(id: number): number
  /** The lower 21 bits of it, as an integer. */
  lower(id: number): number
}

const mask64 = (1n << 64n) - 1n
const golden = 0x9e3779b97f4a7c15n

/**
 * The output at `index` of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
 * 2014): 64 bits.
 */
export const splitMix64 = (seed: bigint, index: number): bigint => {
  let z = (seed + golden * BigInt(index + 1)) & mask64
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask64
  return z ^ (z >> 31n)
}

/** The finaliser of MurmurHash3 (Appleby, public domain): each bit of the input moves each of the output. */
const mix32 = (word: number): number => {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** The noise of each step of a request. `seed` is an integer from 0 to 2^53 - 1. */
export const seededNoise = (seed: number): ((step: number) => StepNoise) => {
  // Seeds that lie near each other, or a multiple of the increment apart, must not give shifted copies of one sequence.
  const key = splitMix64(BigInt(seed), 0)
  return (step) => {
    const bits = splitMix64(key, step)
    const first = Number(bits & 0xffffffffn) | 0
    const second = Number(bits >> 32n) | 1
    const hash = (id: number) => mix32(Math.imul(id ^ first, second))
    return {
      upper: (id) => hash(id) >>> 0,
      lower: (id) => mix32(hash(id) ^ first) >>> 11,
    }
  }
}

/** A seed that nobody can foresee: 53 bits from the platform's cryptographic generator. */
export const freshSeed = (): number => {
  const words = crypto.getRandomValues(new Uint32Array(2))
  return ((words[0] ?? 0) >>> 11) * 0x100000000 + (words[1] ?? 0)
}
