/** A graph of a model's linear layers, each by itself: what has the same tensors as a decoder, and nothing of its formula. */
import type { TensorLocations, TensorSpec } from "../words/Tensors.ts"
import type { Operators } from "./Decoder.ts"
import { ElementType, type Graph, GraphBuilder } from "./Onnx.ts"
import { Weights } from "./Weights.ts"

/** @param specs of the layers, and of a head that is tied to the embedding. */
export function buildProducts(
  specs: ReadonlyArray<TensorSpec>,
  tensors: TensorLocations,
  { multiplication, rounding }: Operators,
): Graph {
  const graph = new GraphBuilder("products")
  const weights = new Weights(graph, { specs, tensors, multiplication, rounding })
  const widths = [...new Set(specs.map(({ columns }) => columns))]
  const inputs = new Map(
    widths.map((width) => [width, graph.input(`input_${width}`, ElementType.float32, [1, "S", width])]),
  )
  for (const { columns, name, rows } of specs) {
    graph.output(`${name}.product`, weights.linear(inputs.get(columns) ?? "", name), [1, "S", rows])
  }
  return graph.build()
}
