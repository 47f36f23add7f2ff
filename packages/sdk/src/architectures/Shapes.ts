/** Fields of `config.json` that several architectures spell alike. */
import type { Fields } from "../files/Fields.ts"
import type { Shape } from "./Architecture.ts"

/** A multiple of what any model has. Tables are made of so many rows before the tensors confirm the number. */
const mostLayers = 1024

/** The number of layers. */
export const readLayers = (fields: Fields, otherwise: number): number =>
  fields.count("num_hidden_layers", otherwise, mostLayers)

/** What files mean that leave these fields out. */
export interface HeadDefaults {
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
}

/** @throws ModelFileError when the heads do not fit together. */
export function readHeads(fields: Fields, otherwise: HeadDefaults): Pick<Shape, "heads" | "kvHeads" | "headDim"> {
  const heads = fields.count("num_attention_heads", otherwise.heads)
  const kvHeads = fields.count("num_key_value_heads", otherwise.kvHeads)
  if (heads % kvHeads !== 0) {
    throw fields.refuse("num_key_value_heads", `is ${kvHeads}, which does not divide num_attention_heads, ${heads}`)
  }
  const headDim = fields.count("head_dim", otherwise.headDim)
  if (headDim % 2 !== 0) throw fields.refuse("head_dim", `is ${headDim}, and rotary embedding needs an even number`)
  return { heads, kvHeads, headDim }
}

/**
 * Which layers slide, by `layer_types`.
 *
 * @param otherwise where the file does not say.
 * @throws ModelFileError when the list is of another length or has other words.
 */
export function readLayerTypes(
  fields: Fields,
  layers: number,
  otherwise: (layer: number) => boolean,
): ReadonlyArray<boolean> {
  const types = fields.get("layer_types")
  if (types === undefined || types === null) return Array.from({ length: layers }, (_, layer) => otherwise(layer))
  if (!Array.isArray(types) || types.length !== layers) {
    throw fields.refuse("layer_types", `is not a list of ${layers} entries, one for each layer`)
  }
  return types.map((type: unknown, layer) => {
    if (type === "sliding_attention") return true
    if (type === "full_attention") return false
    throw fields.refuse(
      "layer_types",
      `has ${JSON.stringify(type)} for layer ${layer}, neither "sliding_attention" nor "full_attention"`,
    )
  })
}
