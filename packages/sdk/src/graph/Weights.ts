/**
 * How a named tensor of a model folder becomes a value of the graph. The bytes stay where they were published; what
 * they need before a multiplication (a cast, a transposition) is part of the graph, and ONNX Runtime folds it when the
 * session opens.
 */
import type { GemmaConfig } from "../model/Config.ts"
import type { TensorLocation } from "../model/Safetensors.ts"
import { ElementType, type GraphBuilder, type Value } from "./Onnx.ts"

const elementTypes: Readonly<Record<string, ElementType>> = {
  F32: ElementType.float32,
  F16: ElementType.float16,
  BF16: ElementType.bfloat16,
  U8: ElementType.uint8,
}

/** Weights of one model folder, by the names that transformers gives them, without `.weight`. */
export class Weights {
  readonly #graph: GraphBuilder
  readonly #tensors: ReadonlyMap<string, TensorLocation>
  readonly #quantization: GemmaConfig["quantization"]

  constructor(graph: GraphBuilder, config: GemmaConfig, tensors: ReadonlyMap<string, TensorLocation>) {
    this.#graph = graph
    this.#tensors = tensors
    this.#quantization = config.quantization
  }

  /** `x @ W.T` for a weight of shape `[rows, columns]`, as a linear layer without bias. */
  linear(x: Value, name: string, rows: number, columns: number): Value {
    if (this.#quantization === null) return this.#graph.op("MatMul", [x, this.#transposed(name)])
    const { bits, blockSize } = this.#quantization
    const blocks = columns / blockSize
    const data = this.#raw(`${name}.weight`, [rows, blocks, (blockSize * bits) / 8])
    const scales = this.#raw(`${name}.weight_scale`, [rows, blocks])
    return this.#graph.op("MatMulNBits", [x, data, scales], {
      domain: "com.microsoft",
      // accuracy_level 4: activations in int8, the fast path.
      attributes: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: 4 },
    })
  }

  /** Rows of a weight of shape `[rows, columns]`, as float32. */
  rows(ids: Value, name: string, rows: number, columns: number): Value {
    if (this.#quantization === null) {
      return this.#graph.op("Gather", [this.#float(`${name}.weight`), ids], { attributes: { axis: 0 } })
    }
    const { bits, blockSize } = this.#quantization
    // The lookup and the tied output head read the same bytes under two shapes: hence two names.
    const data = this.#raw(`${name}.weight`, [rows, (columns * bits) / 8], `${name}.lookup`)
    const scales = this.#raw(`${name}.weight_scale`, [rows, columns / blockSize])
    return this.#graph.op("GatherBlockQuantized", [data, ids, scales], {
      domain: "com.microsoft",
      attributes: { gather_axis: 0, quantize_axis: 1, block_size: blockSize, bits },
    })
  }

  /** The gain of one of Gemma's RMS norms: the file holds `w`, the formula multiplies by `1 + w`. */
  gain(name: string): Value {
    return this.#graph.op("Add", [this.#float(`${name}.weight`), this.#graph.scalar(1)])
  }

  #transposed(name: string): Value {
    return this.#graph.op("Transpose", [this.#float(`${name}.weight`)], { attributes: { perm: [1, 0] } })
  }

  #float(name: string): Value {
    const value = this.#raw(name)
    if (this.#slice(name).dtype === "F32") return value
    return this.#graph.op("Cast", [value], { attributes: { to: ElementType.float32 } })
  }

  #raw(name: string, shape?: ReadonlyArray<number>, as = name): Value {
    const slice = this.#slice(name)
    const type = elementTypes[slice.dtype]
    if (type === undefined) throw new Error(`tensor ${name} of type ${slice.dtype} passed the folder's check`)
    return this.#graph.external(as, type, shape ?? slice.shape, slice)
  }

  #slice(name: string): TensorLocation {
    const slice = this.#tensors.get(name)
    if (slice === undefined) throw new Error(`tensor ${name} is missing after the folder's check`)
    return slice
  }
}
