/**
 * How a named tensor of a model folder becomes a value of the graph. The bytes stay where they were published; what
 * they need before a multiplication (a cast, a transposition) is part of the graph, and ONNX Runtime folds it when the
 * session opens.
 */
import {
  int8Name,
  int8ScaleName,
  quantizationOf,
  type TensorLocation,
  type TensorLocations,
  type TensorSpec,
} from "../words/Tensors.ts"
import { ElementType, type GraphBuilder, type Value } from "./Onnx.ts"

const elementTypes: Readonly<Record<string, ElementType>> = {
  F32: ElementType.float32,
  F16: ElementType.float16,
  BF16: ElementType.bfloat16,
  I8: ElementType.int8,
  U8: ElementType.uint8,
}

/**
 * What a product is computed in. `f32`: as exactly as the device can. `int8`: activations are rounded to 8 bits where the
 * weights are quantised, ONNX Runtime's fast path on a CPU. `f16`: plain 16-bit weights stay as they are.
 */
export type Multiplication = "f32" | "int8" | "f16"

/** What activations share a step with, before a product over int8 weights: all of a run, or those of their own token. */
export type Rounding = "tensor" | "row"

interface Rounded {
  readonly levels: Value
  readonly scale: Value
}

export interface WeightsOptions {
  readonly specs: ReadonlyArray<TensorSpec>
  readonly tensors: TensorLocations
  readonly multiplication: Multiplication
  readonly rounding: Rounding
}

/** Weights of one model folder, by the names of its table of tensors. */
export class Weights {
  readonly #graph: GraphBuilder
  readonly #specs: ReadonlyMap<string, TensorSpec>
  readonly #tensors: TensorLocations
  readonly #multiplication: Multiplication
  readonly #rounding: Rounding
  /** Layers that read the same activations share their rounding. */
  readonly #roundings = new Map<Value, Rounded>()

  constructor(graph: GraphBuilder, { multiplication, rounding, specs, tensors }: WeightsOptions) {
    this.#graph = graph
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]))
    this.#tensors = tensors
    this.#multiplication = multiplication
    this.#rounding = rounding
  }

  get #one(): Value {
    return this.#graph.scalar(1)
  }

  /** The level of zero. */
  get #middle(): Value {
    return this.#graph.constant(Uint8Array.of(128), [])
  }

  /** `x @ W.T` for a weight of shape `[rows, columns]`, as a linear layer without bias. */
  linear(x: Value, name: string): Value {
    if (this.#tensors.has(int8Name(name))) return this.#int8(x, name)
    const spec = this.#spec(name)
    const quantization = quantizationOf(spec, this.#tensors)
    if (!quantization) return this.#plain(x, name)
    const { columns, rows } = spec
    const { bits, blockSize } = quantization
    const blocks = columns / blockSize
    const data = this.#raw(`${name}.weight`, [rows, blocks, (blockSize * bits) / 8])
    const scales = this.#raw(`${name}.weight_scale`, [rows, blocks])
    return this.#graph.op("MatMulNBits", [x, data, scales], {
      domain: "com.microsoft",
      attributes: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: this.#accuracyLevel },
    })
  }

  /** Of MatMulNBits: 4 rounds activations to int8. */
  get #accuracyLevel(): number {
    return this.#multiplication === "int8" ? 4 : 1
  }

  #plain(x: Value, name: string): Value {
    const isHalf = this.#multiplication === "f16" && this.#slice(`${name}.weight`).dtype === "F16"
    if (!isHalf) return this.#graph.op("MatMul", [x, this.#transposed(this.#float(`${name}.weight`))])
    const half = this.#graph.op("Cast", [x], { attributes: { to: ElementType.float16 } })
    const product = this.#graph.op("MatMul", [half, this.#transposed(this.#raw(`${name}.weight`))])
    return this.#graph.op("Cast", [product], { attributes: { to: ElementType.float32 } })
  }

  /** Over weights of 8 bits with a scale an output. */
  #int8(x: Value, name: string): Value {
    const data = this.#raw(int8Name(name))
    const scales = this.#raw(int8ScaleName(name))
    if (this.#rounding === "tensor") {
      return this.#graph.op("DynamicQuantizeMatMul", [x, data, scales], { domain: "com.microsoft" })
    }
    const { levels, scale } = this.#rounded(x)
    const product = this.#graph.op("MatMulIntegerToFloat", [levels, data, this.#one, scales, this.#middle], {
      domain: "com.microsoft",
    })
    return this.#graph.op("Mul", [product, scale])
  }

  /**
   * Each row of `x` in 255 levels around 128, and its step: `[1, S, K]` and `[1, S, 1]`. Sums of integers are exact, so a
   * row's product is the same whatever runs beside it.
   */
  #rounded(x: Value): Rounded {
    const known = this.#roundings.get(x)
    if (known !== undefined) return known
    const g = this.#graph
    const largest = g.op("ReduceMax", [g.op("Abs", [x]), g.ints(-1)], { attributes: { keepdims: 1 } })
    // A row of zeros has a step, too.
    const scale = g.op("Mul", [g.op("Max", [largest, g.scalar(1e-30)]), g.scalar(1 / 127)])
    const levels = g.op("QuantizeLinear", [g.op("Div", [x, scale]), this.#one, this.#middle])
    const rounded = { levels, scale }
    this.#roundings.set(x, rounded)
    return rounded
  }

  /** Rows of a weight of shape `[rows, columns]`, as float32. */
  rows(ids: Value, name: string): Value {
    const spec = this.#spec(name)
    const quantization = quantizationOf(spec, this.#tensors)
    if (!quantization) {
      return this.#graph.op("Gather", [this.#float(`${name}.weight`), ids], { attributes: { axis: 0 } })
    }
    const { columns, rows } = spec
    const { bits, blockSize } = quantization
    // The lookup and the tied output head read the same bytes under two shapes: hence two names.
    const data = this.#raw(`${name}.weight`, [rows, (columns * bits) / 8], `${name}.lookup`)
    const scales = this.#raw(`${name}.weight_scale`, [rows, columns / blockSize])
    return this.#graph.op("GatherBlockQuantized", [data, ids, scales], {
      domain: "com.microsoft",
      attributes: { gather_axis: 0, quantize_axis: 1, block_size: blockSize, bits },
    })
  }

  /** A vector as it is in the file, as float32. */
  vector(name: string): Value {
    return this.#float(`${name}.weight`)
  }

  #transposed(weight: Value): Value {
    return this.#graph.op("Transpose", [weight], { attributes: { perm: [1, 0] } })
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

  #spec(name: string): TensorSpec {
    const spec = this.#specs.get(name)
    if (spec === undefined) throw new Error(`the table of tensors has no ${name}`)
    return spec
  }
}
