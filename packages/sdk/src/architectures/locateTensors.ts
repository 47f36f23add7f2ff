/** Which of a folder's tensors are the model's, and whether they are what its table says. */
import {
  int8Name,
  int8ScaleName,
  isMatrix,
  type Quantization,
  quantizationOf,
  type TensorLocation,
  type TensorLocations,
} from "../words/Tensors.ts"
import type { Dtype, TensorSpec } from "../words/Tensors.ts"
import { headName, type ModelConfig } from "../graph/ModelConfig.ts"
import { ModelFileError } from "../words/Errors.ts"
import type { Model } from "./readModel.ts"

export interface ModelTensors {
  /** The architecture's table, and the output head where the folder has one of its own. */
  readonly specs: ReadonlyArray<TensorSpec>
  /** Where its tensors lie, by the names of the table; quantised ones with `.weight` and `.weight_scale`. */
  readonly tensors: TensorLocations
  /** Parts of the folder that are left out, in words: `its vision tower`. */
  readonly leftOut: ReadonlyArray<string>
  /** Names of the folder that the table does not know, as the folder spells them. */
  readonly unknown: ReadonlyArray<string>
}

const isHead = (name: string): boolean => /(?:^|\.)lm_head\.(?:weight(?:_scale)?|int8(?:_scale)?)$/.test(name)

/** The dtypes that Google and transformers publish weights in. */
const floats: ReadonlyArray<Dtype> = ["F32", "F16", "BF16"]

/**
 * Finds a model's tensors, and checks that all are there, in the right shape and dtype. Others are told, and not looked at.
 *
 * A plain folder has every tensor in f32, f16 or bf16. In a quantised folder a matrix `X` of shape [N, K] may be packed
 * instead, each in its own way: `X.weight`: U8 [N, K / blockSize, blockSize * bits / 8] and `X.weight_scale`:
 * F32 [N, K / blockSize]; or, but for the embedding, `X.int8`: I8 [K, N] and `X.int8_scale`: F32 [N]. Norms stay floats.
 *
 * @param root - the folder's path, for the error
 * @throws ModelFileError naming the tensor, what was expected and what was found
 */
export function locateTensors({ architecture, config }: Model, stored: TensorLocations, root: string): ModelTensors {
  const specs = [...architecture.tensors(config), ...headSpecs(config, stored)]
  const wanted = new Set(specs.flatMap((spec) => namesOf(spec, config.quantization)))
  const { prefixes } = architecture
  const [embedding] = wanted
  const rename = (name: string, prefix: string): string =>
    name.startsWith(prefix) ? `model.${name.slice(prefix.length)}` : name
  const prefix =
    prefixes.find((one) =>
      [...stored.keys()].some((name) => name.startsWith(one) && rename(name, one) === embedding),
    ) ?? "model."
  const tensors = new Map<string, TensorLocation>()
  const leftOut = new Set<string>()
  const unknown: Array<string> = []
  for (const [name, location] of stored) {
    const known = isHead(name) ? name.slice(name.indexOf(headName)) : rename(name, prefix)
    const part = Object.entries(architecture.leftOut).find(([start]) => name.startsWith(start))?.[1]
    if (wanted.has(known)) tensors.set(known, location)
    else if (part !== undefined) leftOut.add(part)
    else unknown.push(name)
  }
  for (const spec of specs) {
    const packing = config.quantization === null ? null : packingOf(spec, tensors, config.quantization)
    for (const form of storedForms(spec, packing)) check(form, tensors.get(form.name), root)
  }
  return { specs, tensors, leftOut: [...leftOut], unknown }
}

/**
 * A head that is no copy of the embedding has a tensor of its own. Models that tie both may write the copy out as well;
 * which of the two it is, the numbers say: see `openTensors`.
 */
function headSpecs({ hiddenSize, isTied, vocabSize }: ModelConfig, stored: TensorLocations): ReadonlyArray<TensorSpec> {
  if (isTied && ![...stored.keys()].some(isHead)) return []
  return [{ name: headName, kind: "matrix", rows: vocabSize, columns: hiddenSize }]
}

/** All names that a tensor's parts may have. */
const namesOf = (spec: TensorSpec, quantization: Quantization | null): ReadonlyArray<string> =>
  [quantization, ...(spec.kind === "matrix" ? (["int8"] as const) : [])].flatMap((packing) =>
    storedForms(spec, packing).map(({ name }) => name),
  )

/** How a matrix is packed; as most are, where its own tensors do not say. */
function packingOf(spec: TensorSpec, tensors: TensorLocations, most: Quantization): StoredPacking {
  if (spec.kind === "matrix" && tensors.has(int8Name(spec.name))) return "int8"
  const weight = tensors.get(`${spec.name}.weight`)
  const own = quantizationOf(spec, tensors)
  const isPlain = own === null && weight !== undefined && !tensors.has(`${spec.name}.weight_scale`)
  return isPlain ? null : (own ?? most)
}

/** How a tensor of the table stands in a file. */
interface StoredForm {
  readonly name: string
  readonly shape: ReadonlyArray<number>
  readonly dtypes: ReadonlyArray<Dtype>
}

/** Blocks, 8 bits with a scale an output, or plain. */
type StoredPacking = Quantization | "int8" | null

function storedForms(spec: TensorSpec, quantization: StoredPacking): ReadonlyArray<StoredForm> {
  const { columns, name, rows } = spec
  const weight = `${name}.weight`
  if (quantization === "int8") {
    return [
      { name: int8Name(name), shape: [columns, rows], dtypes: ["I8"] },
      { name: int8ScaleName(name), shape: [rows], dtypes: ["F32"] },
    ]
  }
  if (!isMatrix(spec)) return [{ name: weight, shape: [columns], dtypes: floats }]
  if (quantization === null) return [{ name: weight, shape: [rows, columns], dtypes: floats }]
  const { bits, blockSize } = quantization
  const blocks = columns / blockSize
  return [
    { name: weight, shape: [rows, blocks, (blockSize * bits) / 8], dtypes: ["U8"] },
    { name: `${weight}_scale`, shape: [rows, blocks], dtypes: ["F32"] },
  ]
}

function check({ dtypes, name, shape }: StoredForm, tensor: TensorLocation | undefined, root: string): void {
  const wanted = `${dtypes.join(" or ")} [${shape.join(", ")}]`
  const remedy = "Download the whole model again: config.json and the weights must belong together."
  if (tensor === undefined) {
    throw new ModelFileError({
      file: root,
      problem: `the tensor ${name} is missing; config.json asks for ${wanted}`,
      remedy,
    })
  }
  const fits = shape.length === tensor.shape.length && shape.every((extent, axis) => extent === tensor.shape[axis])
  if (fits && dtypes.includes(tensor.dtype)) return
  throw new ModelFileError({
    file: `${root}/${tensor.file}`,
    problem: `the tensor ${name} is ${tensor.dtype} [${tensor.shape.join(", ")}]; config.json asks for ${wanted}`,
    remedy,
  })
}
