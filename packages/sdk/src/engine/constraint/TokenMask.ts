/** Tokens that may follow, as bits by their ids. */
export type TokenMask = Uint32Array

/** `Uint32` words of a mask. */
export const maskWords = (vocabSize: number): number => (vocabSize + 31) >>> 5

export const setToken = (mask: TokenMask, id: number): void => {
  mask[id >>> 5]! |= 1 << (id & 31)
}
export const clearToken = (mask: TokenMask, id: number): void => {
  mask[id >>> 5]! &= ~(1 << (id & 31))
}
export const hasToken = (mask: TokenMask, id: number): boolean => (mask[id >>> 5]! & (1 << (id & 31))) !== 0

/** Adds the tokens of another mask. */
export const addTokens = (mask: TokenMask, others: TokenMask): void => {
  for (let i = 0; i < others.length; i++) mask[i]! |= others[i]!
}

/** How many tokens a mask has. */
export function countTokens(mask: TokenMask): number {
  let count = 0
  // Bits of pairs, fours and eights are summed side by side.
  for (const word of mask) {
    const pairs = word - ((word >>> 1) & 0x55555555)
    const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
    count += Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return count
}

/** The ids in a mask of so many tokens, in rising order. */
export function idsIn(mask: TokenMask, count: number): Int32Array {
  const ids = new Int32Array(count)
  let at = 0
  for (let word = 0; word < mask.length && at < count; word++) {
    for (let bits = mask[word]!; bits !== 0; bits &= bits - 1) ids[at++] = word * 32 + 31 - Math.clz32(bits & -bits)
  }
  return ids
}
