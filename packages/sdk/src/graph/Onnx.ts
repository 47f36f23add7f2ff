/**
 * A small ONNX writer: a graph is built node by node, and every operator call returns the name of its output, so that
 * a model reads as the formula it is.
 *
 * Source of the field numbers: onnx/onnx.proto, IR version 10.
 */
import * as Protobuf from "./Protobuf.ts"

/** ONNX element types, by the number the format gives them. */
export const ElementType = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10, bfloat16: 16 } as const
export type ElementType = (typeof ElementType)[keyof typeof ElementType]

/** The name of a value in the graph. */
export type Value = string

/** A dimension: a size, or the name of one that is known only when the graph runs. */
export type Dimension = number | string

/** Bytes that stay in the file they were published in. */
export interface FileSlice {
  /** Path of the file, relative to the model folder. */
  readonly file: string
  /** Where the bytes begin. */
  readonly offset: number
  /** How many bytes. */
  readonly length: number
  /** Where the file holds them as an operator of ONNX Runtime multiplies them, in its own words. */
  readonly laidOut?: ReadonlyArray<string>
}

export type Attribute = number | string | { readonly float: number } | ReadonlyArray<number> | Branch

/** A graph within a node. */
interface Branch {
  readonly graph: Protobuf.Message
}

interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly domain?: "com.microsoft"
}

const AttributeType = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const

function attribute(name: string, value: Attribute): Protobuf.Message {
  const named = Protobuf.string(1, name)
  if (typeof value === "number") {
    return Protobuf.message(named, Protobuf.int(3, value), Protobuf.int(20, AttributeType.int))
  }
  if (typeof value === "string") {
    return Protobuf.message(named, Protobuf.string(4, value), Protobuf.int(20, AttributeType.string))
  }
  if ("float" in value) {
    return Protobuf.message(named, Protobuf.float(2, value.float), Protobuf.int(20, AttributeType.float))
  }
  if ("graph" in value) {
    return Protobuf.message(named, Protobuf.bytes(6, value.graph), Protobuf.int(20, AttributeType.graph))
  }
  return Protobuf.message(
    named,
    Protobuf.repeated(value, (item) => Protobuf.int(8, item)),
    Protobuf.int(20, AttributeType.ints),
  )
}

function dimension(value: Dimension): Protobuf.Message {
  return Protobuf.bytes(1, typeof value === "number" ? Protobuf.int(1, value) : Protobuf.string(2, value))
}

function valueInfo(name: Value, type: ElementType, shape: ReadonlyArray<Dimension>): Protobuf.Message {
  const tensor = Protobuf.message(Protobuf.int(1, type), Protobuf.bytes(2, Protobuf.repeated(shape, dimension)))
  return Protobuf.message(Protobuf.string(1, name), Protobuf.bytes(2, Protobuf.bytes(1, tensor)))
}

/** A float32 tensor of any shape. */
const floatInfo = (name: Value): Protobuf.Message =>
  Protobuf.message(Protobuf.string(1, name), Protobuf.bytes(2, Protobuf.bytes(1, Protobuf.int(1, ElementType.float32))))

/** Where an initializer's entries say that its file holds it laid out, numbered from 0; ONNX Runtime's own. */
const laidOutKey = "prepacked_"

const entry = (key: string, value: string) => Protobuf.message(Protobuf.string(1, key), Protobuf.string(2, value))

/** A built graph. */
export interface Graph {
  /** The bytes of an `.onnx` file. */
  readonly bytes: Uint8Array
  /** The files that its tensors point into. */
  readonly files: ReadonlySet<string>
  /** Its outputs' names. */
  readonly outputs: ReadonlySet<string>
}

/** Builds one ONNX graph. */
export class GraphBuilder {
  /** Of the graph, or of the branch that is being built. */
  #nodes: Array<Protobuf.Message> = []
  /** Of all nodes, those of branches included: names are for the whole. */
  #count = 0
  readonly #initializers = new Map<Value, Protobuf.Message>()
  readonly #files = new Set<string>()
  readonly #inputs: Array<Protobuf.Message> = []
  readonly #outputs = new Map<string, Protobuf.Message>()
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  input(name: Value, type: ElementType, shape: ReadonlyArray<Dimension>): Value {
    this.#inputs.push(valueInfo(name, type, shape))
    return name
  }

  /** Gives `value` the public name `name`, by which a run fetches it. */
  output(name: string, value: Value, shape: ReadonlyArray<Dimension>): void {
    this.#node("Identity", [value], [name], {})
    this.#outputs.set(name, valueInfo(name, ElementType.float32, shape))
  }

  /** Adds a node with one output and returns that output's name. */
  op(type: string, inputs: ReadonlyArray<Value>, options: NodeOptions = {}): Value {
    const output = `${type}_${this.#count}`
    this.#node(type, inputs, [output], options)
    return output
  }

  /** Adds a node with several outputs; an output nobody reads is named "". */
  opMany(type: string, inputs: ReadonlyArray<Value>, wanted: ReadonlyArray<boolean>, options: NodeOptions = {}) {
    const at = this.#count
    const outputs = wanted.map((want, i) => (want ? `${type}_${at}_${i}` : ""))
    this.#node(type, inputs, outputs, options)
    return outputs
  }

  /**
   * Runs one of two branches, whichever a bool of one element says, and gives its values. Branches may read whatever was
   * made before; both give as many values, of float32, each made in the branch.
   */
  choose(
    condition: Value,
    whenTrue: () => ReadonlyArray<Value>,
    otherwise: () => ReadonlyArray<Value>,
  ): ReadonlyArray<Value> {
    const [then_branch, else_branch] = [this.#branch(whenTrue), this.#branch(otherwise)]
    const wanted = Array.from({ length: then_branch.outputs }, () => true)
    return this.opMany("If", [condition], wanted, { attributes: { then_branch, else_branch } })
  }

  #branch(make: () => ReadonlyArray<Value>): Branch & { readonly outputs: number } {
    const around = this.#nodes
    this.#nodes = []
    const values = make()
    const graph = Protobuf.message(
      Protobuf.repeated(this.#nodes, (node) => Protobuf.bytes(1, node)),
      Protobuf.string(2, `branch_${this.#count}`),
      Protobuf.repeated(values, (value) => Protobuf.bytes(12, floatInfo(value))),
    )
    this.#nodes = around
    return { graph, outputs: values.length }
  }

  /** A tensor whose bytes stay in a file. The same name twice is one tensor. */
  external(name: Value, type: ElementType, shape: ReadonlyArray<number>, slice: FileSlice): Value {
    this.#files.add(slice.file)
    this.#initializers.set(
      name,
      Protobuf.message(
        Protobuf.repeated(shape, (size) => Protobuf.int(1, size)),
        Protobuf.int(2, type),
        Protobuf.string(8, name),
        Protobuf.bytes(13, entry("location", slice.file)),
        Protobuf.bytes(13, entry("offset", String(slice.offset))),
        Protobuf.bytes(13, entry("length", String(slice.length))),
        ...(slice.laidOut ?? []).map((place, i) => Protobuf.bytes(13, entry(`${laidOutKey}${i}`, place))),
        Protobuf.int(14, 1),
      ),
    )
    return name
  }

  /** A small tensor written into the graph itself. `shape` is that of a list by default. */
  constant(data: Float32Array | BigInt64Array | Uint8Array, shape: ReadonlyArray<number> = [data.length]): Value {
    const name = `constant_${this.#initializers.size}`
    const type =
      data instanceof Float32Array
        ? ElementType.float32
        : data instanceof Uint8Array
          ? ElementType.uint8
          : ElementType.int64
    this.#initializers.set(
      name,
      Protobuf.message(
        Protobuf.repeated(shape, (size) => Protobuf.int(1, size)),
        Protobuf.int(2, type),
        Protobuf.string(8, name),
        Protobuf.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      ),
    )
    return name
  }

  /** A float32 scalar. */
  scalar(value: number): Value {
    return this.constant(Float32Array.of(value), [])
  }

  /** A list of int64. */
  ints(...values: ReadonlyArray<number>): Value {
    return this.constant(BigInt64Array.from(values, BigInt))
  }

  build(): Graph {
    const graph = Protobuf.message(
      Protobuf.repeated(this.#nodes, (node) => Protobuf.bytes(1, node)),
      Protobuf.string(2, this.#name),
      Protobuf.repeated([...this.#initializers.values()], (tensor) => Protobuf.bytes(5, tensor)),
      Protobuf.repeated(this.#inputs, (input) => Protobuf.bytes(11, input)),
      Protobuf.repeated([...this.#outputs.values()], (output) => Protobuf.bytes(12, output)),
    )
    const opset = (domain: string, version: number) =>
      Protobuf.bytes(8, Protobuf.message(Protobuf.string(1, domain), Protobuf.int(2, version)))
    const bytes = Protobuf.message(
      Protobuf.int(1, 10),
      opset("", 21),
      opset("com.microsoft", 1),
      Protobuf.string(2, "facet"),
      Protobuf.bytes(7, graph),
    )
    return { bytes, files: this.#files, outputs: new Set(this.#outputs.keys()) }
  }

  #node(type: string, inputs: ReadonlyArray<Value>, outputs: ReadonlyArray<Value>, options: NodeOptions): void {
    this.#nodes.push(
      Protobuf.message(
        Protobuf.repeated(inputs, (input) => Protobuf.string(1, input)),
        Protobuf.repeated(outputs, (output) => Protobuf.string(2, output)),
        Protobuf.string(3, `${type}_${this.#count++}`),
        Protobuf.string(4, type),
        Protobuf.repeated(Object.entries(options.attributes ?? {}), ([name, value]) =>
          Protobuf.bytes(5, attribute(name, value)),
        ),
        Protobuf.string(7, options.domain ?? ""),
      ),
    )
  }
}

/** An initializer of a graph that ONNX Runtime has written. */
export interface Written {
  readonly file: string
  readonly offset: number
  readonly length: number
  readonly laidOut: ReadonlyArray<string>
}

/** The initializers of an `.onnx` file that lie in files beside it, by their names. */
export function readExternals(onnx: Uint8Array): ReadonlyMap<string, Written> {
  const externals = new Map<string, Written>()
  for (const tensor of inside(inside([onnx], 7), 5)) {
    const entries = new Map(
      inside([tensor], 13).map((pair) => [text(inside([pair], 1)[0]), text(inside([pair], 2)[0])] as const),
    )
    const file = entries.get("location")
    if (file === undefined) continue
    externals.set(text(inside([tensor], 8)[0]), {
      file,
      offset: Number(entries.get("offset") ?? 0),
      length: Number(entries.get("length") ?? 0),
      laidOut: [...entries].filter(([key]) => key.startsWith(laidOutKey)).map(([, place]) => place),
    })
  }
  return externals
}

/** What messages hold in a field of bytes. */
const inside = (messages: ReadonlyArray<Uint8Array>, field: number): ReadonlyArray<Uint8Array> =>
  messages.flatMap((message) => Protobuf.read(message).flatMap(([at, bytes]) => (at === field ? [bytes] : [])))

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
