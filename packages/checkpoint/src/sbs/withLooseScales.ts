import type { Model } from "@facet/sdk/folders"
import type { Refuse } from "../sentencepiece/Vocabulary.ts"
import type { SbsSource } from "./SbsSource.ts"
import { sbsPlaces } from "./SbsSpelling.ts"
import type { SbsFile, SbsTensor } from "./SbsTensors.ts"

/**
 * What gemma.cpp scales of a layer, in the order of its `LayerWeightsPtrs::ForEachTensor` (`gemma/weights.h`): files from before
 * May 2025 have a list of numbers in that order, layer by layer.
 */
const scaled = ["self_attn.o_proj", "self_attn.q_proj", "mlp.gate_proj", "mlp.down_proj"]

/**
 * The tensors of an old file with their scales.
 *
 * Rejects with a `ModelFileError` when the list has another length than the model's tensors.
 */
export async function withLooseScales(
  { files, name }: SbsSource,
  { architecture, config }: Model,
  file: SbsFile,
  refuse: Refuse,
): Promise<SbsFile> {
  const blob = file.looseScales
  if (blob === undefined) return file
  const bytes = await files.readRange(name, blob.offset, blob.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const specs = new Map(architecture.tensors(config).map((spec) => [spec.name, spec]))
  const order = Array.from({ length: config.layers }, (_, layer) => scaled.map((own) => `model.layers.${layer}.${own}`))
  const named = order.flat().map((spec) => {
    const places = sbsPlaces(specs.get(spec)!, config)
    return places.map((place) => file.tensors.get(place.name)).find((tensor) => tensor !== undefined)
  })
  if (blob.length !== 4 * named.length) {
    throw refuse(`it has ${blob.length / 4} scales, and the model ${named.length} tensors that have one`)
  }
  const tensors = new Map<string, SbsTensor>(file.tensors)
  for (const [index, tensor] of named.entries()) {
    if (tensor !== undefined) tensors.set(tensor.name, { ...tensor, scale: view.getFloat32(4 * index, true) })
  }
  return { ...file, tensors }
}
