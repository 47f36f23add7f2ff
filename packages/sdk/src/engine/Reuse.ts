/**
 * Which rows of an earlier request's keys and values a request may take over, so that its text is the same whether the
 * cache was warm or cold.
 *
 * In float32 any row is as good as a fresh one. With quantised weights ONNX Runtime rounds the activations, too, and a
 * difference in the last bit of a sum may round to another step: a hundredth in a logit. Sums are taken in another order
 * where the operators choose another kernel, which hangs on how many rows run together.
 */
export interface Reuse {
  /** Rows are taken over in multiples of so many. */
  readonly unit: number
  /** Whether rows must have been run as {@link chunksOf} cuts: those that decoding made one by one are not. */
  readonly isExact: boolean
  /** How a prompt is cut. */
  readonly cut: "chunks" | "pairs"
}

/** Tokens of a whole chunk: a request can be cancelled between two, and larger ones are no faster. */
export const chunkLength = 128

/** float32. */
export const anyRow: Reuse = { unit: 1, isExact: false, cut: "chunks" }

/** Whole chunks, wherever nothing better is known of the kernels. */
export const wholeChunks: Reuse = { unit: chunkLength, isExact: true, cut: "chunks" }

/**
 * Any row that was run in company: see {@link areRowsExact}, which finds out whether it holds here. On x86 (MLAS of ONNX
 * Runtime 1.30) it does: MatMulNBits takes rows two by two and has another kernel for the one that is left, and attention
 * sums otherwise over more than 64 slots than over fewer.
 */
export const pairedRows: Reuse = { unit: 1, isExact: true, cut: "pairs" }

/** Attention over more slots than this sums in another order: no run crosses it. */
const border = 64

/** Tokens of one run, and where they stand in the whole. */
export interface Chunk {
  readonly start: number
  readonly tokens: ReadonlyArray<number>
}

/** Cuts tokens from `start` on, so that equal prompts are cut such that their rows are equal, wherever they start. */
export function chunksOf(tokens: ReadonlyArray<number>, start: number, { cut }: Reuse): ReadonlyArray<Chunk> {
  const chunks: Array<Chunk> = []
  for (let at = start; at < tokens.length;) {
    const end = cut === "pairs" ? endOfPairs(at, tokens.length) : (Math.floor(at / chunkLength) + 1) * chunkLength
    chunks.push({ start: at, tokens: tokens.slice(at, end) })
    at = Math.min(end, tokens.length)
  }
  return chunks
}

/** Where the rows are equal however they are cut, the pieces are of one size: a short one costs nearly as much as a long. */
function endOfPairs(at: number, end: number): number {
  if (at < border) return Math.min(border, end)
  const rest = end - at
  const pieces = Math.ceil(rest / chunkLength)
  return at + 2 * Math.ceil(rest / pieces / 2)
}

/** Whether a run of a chunk gives rows that others may take over. */
export const isExactChunk = ({ start, tokens }: Chunk, { cut }: Reuse): boolean =>
  cut === "pairs" ? tokens.length % 2 === 0 : tokens.length === chunkLength && start % chunkLength === 0

/** Rows that a run has: an odd one out gets company, which is forgotten. */
export const paired = (tokens: ReadonlyArray<number>): ReadonlyArray<number> =>
  tokens.length % 2 === 0 ? tokens : [...tokens, tokens.at(-1) ?? 0]
