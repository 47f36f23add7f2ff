import type { ModelTensors } from "../architectures/locateTensors.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { Sha256 } from "../files/Sha256.ts"

/** Tensors that are looked into: enough to meet each layer and each kind of matrix, and few enough to be read over HTTP. */
const mostTensors = 32
/** Bytes of each, from its middle. */
const mostBytes = 1024
/** Hexadecimal digits that are kept: two models that differ share 128 bits by no accident. */
const digits = 32

/**
 * What tells a model's weights from any others': the SHA-256 of the names, dtypes and shapes of its tensors, and of a piece of
 * some of them. Another quantisation of the same model has another fingerprint: its activations are others.
 */
export async function fingerprintOf(files: ModelFiles, { tensors }: Pick<ModelTensors, "tensors">): Promise<string> {
  const sha = new Sha256()
  const named = [...tensors].toSorted(([a], [b]) => (a < b ? -1 : 1))
  sha.update(new TextEncoder().encode(JSON.stringify(named.map(([name, { dtype, shape }]) => [name, dtype, shape]))))
  const step = Math.max(1, Math.ceil(named.length / mostTensors))
  for (let i = 0; i < named.length; i += step) {
    const [, { file, length, offset }] = named[i]!
    const bytes = Math.min(length, mostBytes)
    sha.update(await files.readRange(file, offset + Math.floor((length - bytes) / 2), bytes))
  }
  return sha.hex().slice(0, digits)
}
