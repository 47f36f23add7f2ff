/**
 * Contrast vectors as small `.safetensors` files: float32 `[width]` under `direction.LAYER`, as repeng and llama.cpp call
 * the direction that is added to the output of layer LAYER, counted from 0; those of another site than `resid_post` under
 * `SITE.LAYER`.
 */
import type { ContrastVector } from "../words/Contrast.ts"
import { checkNumber, checkOneOf } from "../words/Checks.ts"
import { invalidRequest, ModelFileError } from "../words/Errors.ts"
import { siteKey, siteNames } from "../words/Site.ts"
import { checkRange } from "../files/FileBytes.ts"
import { layOutSafetensors } from "../files/layOutSafetensors.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { openSafetensorsFile } from "../files/openSafetensors.ts"
import { toFloat32 } from "../files/toFloat32.ts"

/**
 * The bytes of a file of vectors.
 *
 * @throws InvalidRequestError when one is no vector of numbers, or two are of one layer and site.
 * @example
 * const vectors = await facet.contrast([{ positive: "I am happy.", negative: "I am sad." }], { layers: [2, 3] })
 * const bytes = contrastVectorsToSafetensors(vectors)
 * const [first] = await contrastVectorsFromSafetensors(bytes)
 * console.log(first?.site, first?.layer, first?.vector.length) // => resid_post 2 192
 */
export function contrastVectorsToSafetensors(vectors: ReadonlyArray<ContrastVector>): Uint8Array<ArrayBuffer> {
  if (!Array.isArray(vectors)) throw invalidRequest("vectors", "it is no list", "Pass what `contrast` gives.")
  for (const [i, one] of vectors.entries()) checkVector(`vectors[${i}]`, one)
  const names = vectors.map(nameOf)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined)
    throw invalidRequest("vectors", `there are two of ${twice}`, "Keep one of each layer and site.")
  const { header, offsets, size } = layOutSafetensors(
    vectors.map(({ vector }, i) => ({
      name: names[i] ?? "",
      dtype: "F32" as const,
      shape: [vector.length],
      length: vector.byteLength,
    })),
  )
  const bytes = new Uint8Array(size)
  bytes.set(header)
  for (const [i, { vector }] of vectors.entries()) {
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), offsets.get(names[i] ?? "") ?? 0)
  }
  return bytes
}

/**
 * Reads such a file, in float32, float16 or bfloat16. Tensors that are no directions are left out.
 *
 * Rejects with a `ModelFileError` when the bytes are no safetensors, or hold no direction.
 */
export async function contrastVectorsFromSafetensors(bytes: Uint8Array): Promise<ReadonlyArray<ContrastVector>> {
  const files = inMemory(bytes)
  const vectors: Array<ContrastVector> = []
  for (const [name, { dtype, length, offset, shape }] of await openSafetensorsFile(files, fileName)) {
    const place = placeOf(name)
    if (place === undefined || shape.length !== 1) continue
    if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") throw refuse(`${name} is ${dtype}, not of floats`)
    vectors.push({ ...place, vector: Float32Array.from(toFloat32(bytes.slice(offset, offset + length), dtype)) })
  }
  if (vectors.length === 0) throw refuse("it holds no direction.LAYER, and no vector of a site")
  return vectors
}

function checkVector(option: string, { layer, site, vector }: ContrastVector): void {
  checkNumber(`${option}.layer`, layer, { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true })
  checkOneOf(`${option}.site`, site, siteNames)
  if (vector instanceof Float32Array && vector.length > 0 && vector.every(Number.isFinite)) return
  throw invalidRequest(`${option}.vector`, "it is no Float32Array of finite numbers", "Pass what `contrast` gives.")
}

/** By which an error names the file, whose own name nobody told. */
const fileName = "vectors.safetensors"

const refuse = (problem: string): ModelFileError =>
  new ModelFileError({ file: fileName, problem, remedy: "Pass a file of control vectors, one float vector a layer." })

const nameOf = (vector: ContrastVector): string =>
  vector.site === "resid_post" ? `direction.${vector.layer}` : siteKey(vector)

function placeOf(name: string): Pick<ContrastVector, "site" | "layer"> | undefined {
  const [, word, layer] = /^(\w+)\.(\d+)$/.exec(name) ?? []
  const site = word === "direction" ? "resid_post" : siteNames.find((known) => known === word)
  return site === undefined ? undefined : { site, layer: Number(layer) }
}

function inMemory(bytes: Uint8Array): ModelFiles {
  return {
    root: ".",
    exists: async (name) => name === fileName,
    readWhole: async () => bytes,
    readText: async () => new TextDecoder().decode(bytes),
    size: async () => bytes.length,
    places: async () => ({ folder: ".", paths: new Map() }),
    readRange: async (name, offset, length) => {
      checkRange(name, bytes.length, offset, length)
      return bytes.slice(offset, offset + length)
    },
  }
}
