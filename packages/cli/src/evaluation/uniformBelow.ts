const seed = 42

/** Whole numbers below `end` from xorshift32 (Marsaglia, "Xorshift RNGs", 2003): the same ones each time. */
export function uniformBelow(end: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 2 ** 32) * end)
  }
}
