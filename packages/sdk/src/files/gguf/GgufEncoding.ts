/**
 * How GGUF files store the weights of a tensor: ggml's types, by their numbers in the file (ggml, `ggml.h`), with the
 * sizes of their blocks (ggml, `ggml-common.h`).
 */

/** A type whose weights Facet reads. */
export type GgufEncoding = keyof typeof blocks

/** Weights that are stored together, and the bytes that they take. */
export interface GgufBlock {
  /** ggml's number. */
  readonly type: number
  readonly weights: number
  readonly bytes: number
}

const blocks = {
  F32: { type: 0, weights: 1, bytes: 4 },
  F16: { type: 1, weights: 1, bytes: 2 },
  BF16: { type: 30, weights: 1, bytes: 2 },
  Q4_0: { type: 2, weights: 32, bytes: 18 },
  Q4_1: { type: 3, weights: 32, bytes: 20 },
  Q5_0: { type: 6, weights: 32, bytes: 22 },
  Q5_1: { type: 7, weights: 32, bytes: 24 },
  Q8_0: { type: 8, weights: 32, bytes: 34 },
  Q2_K: { type: 10, weights: 256, bytes: 84 },
  Q3_K: { type: 11, weights: 256, bytes: 110 },
  Q4_K: { type: 12, weights: 256, bytes: 144 },
  Q5_K: { type: 13, weights: 256, bytes: 176 },
  Q6_K: { type: 14, weights: 256, bytes: 210 },
} as const satisfies Readonly<Record<string, GgufBlock>>

export const ggufBlock = (encoding: GgufEncoding): GgufBlock => blocks[encoding]

// The keys of `blocks` are the encodings.
export const ggufEncodings = Object.keys(blocks) as ReadonlyArray<GgufEncoding>

export const encodingOfType = (type: number): GgufEncoding | undefined =>
  ggufEncodings.find((encoding) => blocks[encoding].type === type)

/** Types that Facet does not read, by name, so that an error can say which it is. */
const otherTypes: Readonly<Record<number, string>> = {
  4: "Q4_2",
  5: "Q4_3",
  9: "Q8_1",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  31: "Q4_0_4_4",
  32: "Q4_0_4_8",
  33: "Q4_0_8_8",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
}

/** What ggml calls a type, for people. */
export const typeName = (type: number): string => encodingOfType(type) ?? otherTypes[type] ?? `number ${type}`
