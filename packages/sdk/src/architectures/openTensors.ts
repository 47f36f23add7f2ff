import type { ModelFiles } from "../files/ModelFiles.ts"
import { openSafetensors } from "../files/openSafetensors.ts"
import { headName } from "../graph/ModelConfig.ts"
import type { TensorLocation } from "../words/Tensors.ts"
import { locateTensors, type ModelTensors } from "./locateTensors.ts"
import type { Model } from "./readModel.ts"

/** Bytes that are compared at once. */
const stride = 4_194_304

/**
 * Finds a model's tensors in its folder. An output head that is a copy of the embedding is left out: both are then one,
 * whatever `config.json` says of it.
 *
 * Rejects as `openSafetensors` and `locateTensors` do.
 */
export async function openTensors(files: ModelFiles, model: Model): Promise<ModelTensors> {
  const located = locateTensors(model, await openSafetensors(files), files.root)
  const embedding = located.specs.find(({ kind }) => kind === "embedding")?.name
  const hasHead = located.specs.some(({ name }) => name === headName)
  if (embedding === undefined || !hasHead) return located
  const parts = ["weight", "weight_scale"].map((part) => `${headName}.${part}`)
  for (const part of parts) {
    const own = located.tensors.get(part)
    const other = located.tensors.get(part.replace(headName, embedding))
    if (own !== undefined && !(await areEqual(files, own, other))) return located
  }
  return {
    ...located,
    specs: located.specs.filter(({ name }) => name !== headName),
    tensors: new Map([...located.tensors].filter(([name]) => !parts.includes(name))),
  }
}

const areEqual = async (files: ModelFiles, a: TensorLocation, b: TensorLocation | undefined): Promise<boolean> =>
  a.dtype === b?.dtype && areSameBytes(files, a, b)

type Place = Pick<TensorLocation, "file" | "offset" | "length">

/** Whether two stretches of files hold the same. */
export async function areSameBytes(files: ModelFiles, a: Place, b: Place): Promise<boolean> {
  if (a.length !== b.length) return false
  if (a.file === b.file && a.offset === b.offset) return true
  for (let at = 0; at < a.length; at += stride) {
    const count = Math.min(stride, a.length - at)
    const [left, right] = await Promise.all([
      files.readRange(a.file, a.offset + at, count),
      files.readRange(b.file, b.offset + at, count),
    ])
    if (!areSame(left, right)) return false
  }
  return true
}

function areSame(left: Uint8Array, right: Uint8Array): boolean {
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}
