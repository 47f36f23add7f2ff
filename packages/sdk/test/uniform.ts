import { seededNoise } from "../src/engine/Noise.ts"

/** Uniform numbers in [0, 1) that the seed determines, for tests that need data. */
export const seededUniform = (seed: number): (() => number) => {
  const noise = seededNoise(seed)(0)
  let index = 0
  return () => noise.upper(index++) / 2 ** 32
}
