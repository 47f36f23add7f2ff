/**
 * The keys and values of one sequence: a buffer a layer for each, longer than the sequence, so that taking a token
 * copies only that token's rows, and forgetting tokens copies nothing.
 */
import type { Tensor } from "onnxruntime-common"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import { bytesPerToken, type KvStore } from "../runtime/KvStore.ts"
import type { Runtime, Tensors } from "../runtime/Runtime.ts"
import type { Interventions } from "./Interventions.ts"
import type { KvSequence } from "./PrefixCache.ts"

/** Tokens in a whole prefill chunk: cancellation is possible between two, and larger ones are no faster. */
export const chunkLength = 128

const capacityStep = 128

/** The attention operator copies whole buffers, so they grow by a quarter, in steps, and not by doubling. */
const roomFor = (length: number, most: number): number =>
  Math.min(most, Math.ceil((length + length / 4) / capacityStep) * capacityStep)

export class KeyValues implements KvSequence<KeyValues> {
  /** In force over all its tokens. */
  readonly interventions: Interventions
  readonly #config: ModelConfig
  #store: KvStore
  #capacity: number
  #tokens: Int32Array
  #length = 0
  #exactLength = 0

  private constructor(config: ModelConfig, store: KvStore, capacity: number, interventions: Interventions) {
    this.interventions = interventions
    this.#config = config
    this.#store = store
    this.#capacity = capacity
    this.#tokens = new Int32Array(capacity)
  }

  /** An empty sequence, with room for so many tokens at first. */
  static make(
    config: ModelConfig,
    runtime: Pick<Runtime, "makeKvStore">,
    interventions: Interventions,
    room = capacityStep,
  ): KeyValues {
    const capacity = Math.min(room, config.contextLength)
    return new KeyValues(config, runtime.makeKvStore(config, capacity), capacity, interventions)
  }

  get key(): string {
    return this.interventions.key
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

  /** Tokens that the buffers hold before they have to grow. */
  get capacity(): number {
    return this.#capacity
  }

  get bytes(): number {
    return this.#capacity * bytesPerToken(this.#config)
  }

  /** The buffers as inputs of the decoder's graph. */
  get feeds(): Tensors {
    return this.#store.feeds
  }

  /** Makes room for tokens that are about to come. */
  reserve(tokens: number): void {
    const needed = this.#length + tokens
    if (needed > this.#capacity) this.#resize(roomFor(needed, this.#config.contextLength))
  }

  /** Takes the rows of new tokens: `[1, 2 * layers * kvHeads, tokens, headDim]`, as the graph gives them. */
  append(tokens: ArrayLike<number>, rows: Tensor): void {
    this.#store.write(rows, this.#length, tokens.length)
    this.#tokens.set(tokens, this.#length)
    const isWholeChunk = tokens.length === chunkLength && this.#exactLength === this.#length
    this.#length += tokens.length
    if (isWholeChunk) this.#exactLength = this.#length
  }

  fork(length: number): KeyValues {
    const capacity = roomFor(length, this.#config.contextLength)
    const copy = new KeyValues(this.#config, this.#store.copy(length, capacity), capacity, this.interventions)
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
    this.#store.dispose()
    this.#capacity = 0
    this.#length = 0
  }

  #resize(capacity: number): void {
    const grown = this.#store.copy(this.#length, capacity)
    this.#store.dispose()
    this.#store = grown
    const tokens = new Int32Array(capacity)
    tokens.set(this.#tokens.subarray(0, this.#length))
    this.#tokens = tokens
    this.#capacity = capacity
  }
}
