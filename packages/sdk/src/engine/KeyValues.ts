/**
 * The keys and values of one sequence: a buffer a layer for each, longer than the sequence, so that taking a token
 * copies only that token's rows, and forgetting tokens copies nothing.
 */
import { Tensor } from "onnxruntime-common"
import type { GemmaConfig } from "../model/Config.ts"
import { names } from "../graph/Decoder.ts"
import type { KvSequence } from "./PrefixCache.ts"

/** Tokens in a whole prefill chunk: cancellation is possible between two, and larger ones are no faster. */
export const chunkLength = 128

const capacityStep = 128

/** The attention operator copies whole buffers, so they grow by a quarter, in steps, and not by doubling. */
const roomFor = (length: number, most: number): number =>
  Math.min(most, Math.ceil((length + length / 4) / capacityStep) * capacityStep)

export class KeyValues implements KvSequence<KeyValues> {
  readonly #config: GemmaConfig
  /** Keys and values in turn, layer by layer: `[kvHeads, capacity, headDim]` each. */
  #buffers: ReadonlyArray<Float32Array> = []
  #tensors: Record<string, Tensor> = {}
  #capacity = 0
  #tokens = new Int32Array(0)
  #length = 0
  #exactLength = 0

  constructor(config: GemmaConfig, capacity = capacityStep) {
    this.#config = config
    this.#resize(Math.min(capacity, config.contextLength))
  }

  get tokens(): Int32Array {
    return this.#tokens
  }

  get length(): number {
    return this.#length
  }

  get exactLength(): number {
    return this.#exactLength
  }

  get bytes(): number {
    return this.#capacity * this.#bytesPerToken
  }

  /** The buffers as inputs of the decoder's graph. */
  get feeds(): Readonly<Record<string, Tensor>> {
    return this.#tensors
  }

  /** Makes room for tokens that are about to come. */
  reserve(tokens: number): void {
    const needed = this.#length + tokens
    if (needed > this.#capacity) this.#resize(roomFor(needed, this.#config.contextLength))
  }

  /** Takes the rows of new tokens: `[1, 2 * layers * kvHeads, tokens, headDim]`, as the graph gives them. */
  append(tokens: ArrayLike<number>, rows: Float32Array): void {
    const { headDim, kvHeads } = this.#config
    const size = tokens.length * headDim
    for (const [i, buffer] of this.#buffers.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const from = (i * kvHeads + head) * size
        buffer.set(rows.subarray(from, from + size), (head * this.#capacity + this.#length) * headDim)
      }
    }
    this.#tokens.set(tokens, this.#length)
    const isWholeChunk = tokens.length === chunkLength && this.#exactLength === this.#length
    this.#length += tokens.length
    if (isWholeChunk) this.#exactLength = this.#length
  }

  fork(length: number): KeyValues {
    const copy = new KeyValues(this.#config, roomFor(length, this.#config.contextLength))
    copyRows(this.#buffers, this.#capacity, copy.#buffers, copy.#capacity, length, this.#config)
    copy.#tokens.set(this.#tokens.subarray(0, length))
    copy.#length = length
    copy.#exactLength = Math.min(length, this.#exactLength)
    return copy
  }

  truncate(length: number): void {
    this.#length = Math.min(length, this.#length)
    this.#exactLength = Math.min(this.#exactLength, Math.floor(this.#length / chunkLength) * chunkLength)
  }

  dispose(): void {
    this.#buffers = []
    this.#tensors = {}
    this.#capacity = 0
    this.#length = 0
  }

  get #bytesPerToken(): number {
    return 2 * this.#config.layers * this.#config.kvHeads * this.#config.headDim * Float32Array.BYTES_PER_ELEMENT
  }

  #resize(capacity: number): void {
    const { headDim, kvHeads, layers } = this.#config
    const grown = Array.from({ length: 2 * layers }, () => new Float32Array(kvHeads * capacity * headDim))
    copyRows(this.#buffers, this.#capacity, grown, capacity, this.#length, this.#config)
    const tokens = new Int32Array(capacity)
    tokens.set(this.#tokens.subarray(0, this.#length))
    this.#tokens = tokens
    this.#buffers = grown
    this.#capacity = capacity
    const shape = [1, kvHeads, capacity, headDim]
    this.#tensors = {}
    for (const [i, buffer] of grown.entries()) {
      const name = i % 2 === 0 ? names.pastKey(i >> 1) : names.pastValue(i >> 1)
      this.#tensors[name] = new Tensor("float32", buffer, shape)
    }
  }
}

function copyRows(
  from: ReadonlyArray<Float32Array>,
  fromCapacity: number,
  to: ReadonlyArray<Float32Array>,
  toCapacity: number,
  length: number,
  { headDim, kvHeads }: GemmaConfig,
): void {
  for (const [i, source] of from.entries()) {
    for (let head = 0; head < kvHeads; head++) {
      const begin = head * fromCapacity * headDim
      to[i]?.set(source.subarray(begin, begin + length * headDim), head * toCapacity * headDim)
    }
  }
}
