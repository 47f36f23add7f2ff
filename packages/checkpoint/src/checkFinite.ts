import { ModelFileError } from "@facet/sdk/words"
import type { TensorSpec } from "@facet/sdk/folders"

/**
 * @param root of the checkpoint, for the error.
 * @returns the values themselves.
 * @throws ModelFileError when one is not finite.
 */
export function checkFinite(root: string, { name }: TensorSpec, values: Float32Array): Float32Array {
  let sum = 0
  // A finite number less itself is zero; all others give NaN. One pass without a branch.
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!
  if (sum === 0) return values
  throw new ModelFileError({
    file: root,
    problem: `the tensor ${name}.weight holds ${values.find((value) => !Number.isFinite(value))}`,
    remedy: "The file is damaged, or its training diverged; get another copy.",
  })
}
