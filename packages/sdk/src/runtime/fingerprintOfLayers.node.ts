import { createHash } from "node:crypto"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { int8Name, type TensorLocations, type TensorSpec } from "../words/Tensors.ts"

/** Bytes of each tensor that tell weights apart: no two trainings leave the first of all layers alike. */
const sample = 4096

/**
 * Tells weights of one shape apart without reading all of them.
 *
 * @param facts what else the layout hangs on.
 */
export async function fingerprintOfLayers(
  files: ModelFiles,
  tensors: TensorLocations,
  specs: ReadonlyArray<TensorSpec>,
  facts: ReadonlyArray<string> = [],
): Promise<string> {
  const hash = createHash("sha256")
  for (const fact of facts) hash.update(JSON.stringify(fact))
  for (const { name } of specs) {
    for (const tensor of [`${name}.weight`, `${name}.weight_scale`, int8Name(name)]) {
      const location = tensors.get(tensor)
      if (location === undefined) continue
      hash.update(JSON.stringify([tensor, location.dtype, location.shape]))
      hash.update(await files.readRange(location.file, location.offset, Math.min(sample, location.length)))
    }
  }
  return hash.digest("hex").slice(0, 16)
}
