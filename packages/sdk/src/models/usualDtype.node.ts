/** How a model's weights are packed where nobody says it. */
import { openFolder } from "../files/disk/openFolder.node.ts"
import type { WeightDtype } from "../words/Tensors.ts"
import type { Located } from "./locateModel.node.ts"
import { knownModels } from "./knownModels.ts"
import { memoryLimit, readWeightFacts } from "./WeightFacts.node.ts"

/** What a model is for: `guard`, it judges and writes nothing. */
export type ModelUse = "text" | "guard"

/** Bytes a weight of `int8`, its scales and the embedding's included. */
const int8Bytes = 1.02

/**
 * A guard becomes `int8`: it reads and never writes, and of several tokens at once products of 8 bits run 1.5 to 2 times as
 * fast as those of 4, and nearer to the original (docs/models-and-quantisation.md has the figures). Where that takes more
 * than half of the memory, and for all else, it is what `convertModel` chooses: undefined. So it is of a GGUF, whose packing
 * is kept.
 *
 * @param limitBytes of memory. Default: what this process may have.
 */
export async function usualDtype(
  { isGguf, origin, path }: Pick<Located, "isGguf" | "path"> & { readonly origin: Pick<Located["origin"], "id"> },
  use?: ModelUse,
  limitBytes?: number,
): Promise<WeightDtype | undefined> {
  const isGuard = (use ?? knownModels().find(({ id }) => id === origin.id)?.use) === "guard"
  if (!isGuard || isGguf) return undefined
  const { weights } = await readWeightFacts(await openFolder(path))
  return weights * int8Bytes <= (limitBytes ?? (await memoryLimit())) / 2 ? "int8" : undefined
}
