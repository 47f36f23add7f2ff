/**
 * A small seeded source of uniform numbers: one a request, so that the same seed gives the same text whatever else
 * runs.
 */

/** Uniform random numbers. */
export interface Random {
  /** The next number: uniform over the multiples of 2^-53 in [0, 1). */
  next(): number
}

const mask64 = (1n << 64n) - 1n

/**
 * SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), which the authors
 * of xoshiro recommend for spreading a short seed over the state.
 */
export const splitMix64 = (seed: bigint): (() => bigint) => {
  let state = seed & mask64
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & mask64
    let z = state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask64
    return z ^ (z >> 31n)
  }
}

/**
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 2021): 128 bits of
 * state, not all zero; yields unsigned 32-bit integers.
 */
export const xoshiro128 = (s0: number, s1: number, s2: number, s3: number): (() => number) => {
  let [a, b, c, d] = [s0 | 0, s1 | 0, s2 | 0, s3 | 0]
  return () => {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
}

/** A generator that the seed determines. `seed` is an integer from 0 to 2^53 - 1. */
export const seededRandom = (seed: number): Random => {
  const spread = splitMix64(BigInt(seed))
  const [low, high] = [spread(), spread()]
  const next32 = xoshiro128(
    Number(low & 0xffffffffn),
    Number(low >> 32n),
    Number(high & 0xffffffffn),
    Number(high >> 32n),
  )
  return {
    next: () => {
      const upper = next32() >>> 5
      const lower = next32() >>> 6
      return (upper * 0x4000000 + lower) / 0x20000000000000
    },
  }
}

/** A seed that nobody can foresee: 53 bits from the platform's cryptographic generator. */
export const freshSeed = (): number => {
  const words = crypto.getRandomValues(new Uint32Array(2))
  return ((words[0] ?? 0) >>> 11) * 0x100000000 + (words[1] ?? 0)
}
