/**
 * The keys and values of one sequence: a buffer a layer for each, longer than the sequence, so that taking a token
 * copies only that token's rows, and forgetting tokens copies nothing.
 *
 * Layers that slide keep the rows that the next token can see and some before them: at 8,192 tokens and a window of 4,096
 * half of a Gemma 2's layers have half the rows, at a window of 512 five sixths of a Gemma 3's have a tenth.
 */
import type { Tensor } from "onnxruntime-common"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import { names } from "../graph/Decoder.ts"
import { kvBytes, type KvRows, type KvStore, type NewRows } from "../runtime/KvStore.ts"
import type { Runtime, Tensors } from "../runtime/Runtime.ts"
import type { Interventions } from "./Interventions.ts"
import type { KvSequence } from "./PrefixCache.ts"
import { chunkLength } from "./Reuse.ts"

const capacityStep = 128

/** Rows beyond their window that sliding layers keep: so far a sequence can be rewound, and so seldom rows are moved. */
const defaultSlack = 4 * chunkLength

/**
 * A prompt's runs copy whole buffers, so that these grow by a quarter and not by doubling; where tokens come one by one, the
 * room that is not yet used is read each time, so that it is a sixteenth.
 */
const roomFor = (length: number, most: number, share: number): number =>
  Math.min(most, Math.ceil((length + length / share) / capacityStep) * capacityStep)

const shares = { prompt: 4, token: 16 }

/** Runs of no more tokens are those of decoding, and attend by the formula. */
export const fewTokens = 8

/** Tells sequences apart that may not serve each other's requests, be their tokens the same. */
export const sequenceKey = ({ key }: Interventions, salt: string): string => JSON.stringify([key, salt])

export interface KeyValuesOptions {
  readonly config: ModelConfig
  readonly runtime: Pick<Runtime, "makeKvStore">
  /** In force over all its tokens. */
  readonly interventions: Interventions
  /** Sequences of different salts serve different people. */
  readonly salt?: string | undefined
  /** Room for so many tokens at first. */
  readonly room?: number | undefined
  /** Rows beyond their window that sliding layers keep. Default 512. */
  readonly slack?: number | undefined
}

export class KeyValues implements KvSequence<KeyValues> {
  readonly interventions: Interventions
  readonly #config: ModelConfig
  readonly #salt: string
  readonly #slack: number
  #store: KvStore
  #capacity: KvRows
  #tokens: Int32Array
  #length = 0
  /** The first position of which sliding layers have the rows. */
  #start = 0
  #exactLength = 0

  private constructor({ config, interventions, salt, slack }: Kept, store: KvStore, capacity: KvRows) {
    this.#config = config
    this.interventions = interventions
    this.#salt = salt
    this.#slack = slack
    this.#store = store
    this.#capacity = capacity
    this.#tokens = new Int32Array(capacity.full)
  }

  /** An empty sequence. */
  static make(options: KeyValuesOptions): KeyValues {
    const { config, interventions, room = capacityStep, runtime, salt = "", slack = defaultSlack } = options
    const full = Math.min(room, config.contextLength)
    const capacity = { full, sliding: Math.min(full, config.slidingWindow + slack) }
    return new KeyValues({ config, interventions, salt, slack }, runtime.makeKvStore(config, capacity), capacity)
  }

  get key(): string {
    return sequenceKey(this.interventions, this.#salt)
  }

  get tokens(): Int32Array {
    return this.#tokens
  }

  get length(): number {
    return this.#length
  }

  /** Rows of each kind of layers. */
  get rows(): KvRows {
    return { full: this.#length, sliding: this.#length - this.#start }
  }

  get exactLength(): number {
    return this.#exactLength
  }

  get shortest(): number {
    return this.#start === 0 ? 0 : this.#start + this.#config.slidingWindow - 1
  }

  /** Rows that the buffers hold before they have to grow. */
  get capacity(): KvRows {
    return this.#capacity
  }

  get bytes(): number {
    return kvBytes(this.#config, this.#capacity)
  }

  /** The buffers as inputs of the decoder's graph. */
  get feeds(): Tensors {
    return this.#store.feeds
  }

  /** The same, as those of one of a run's lanes. */
  feedsOf(lane: number): Tensors {
    const { feeds } = this.#store
    if (lane === 0) return feeds
    const byLane: Record<string, Tensor> = {}
    for (let layer = 0; layer < this.#config.layers; layer++) {
      for (const name of [names.pastKey, names.pastValue]) {
        const tensor = feeds[name(layer)]
        if (tensor !== undefined) byLane[name(layer, lane)] = tensor
      }
    }
    return byLane
  }

  /** Makes room for tokens that are about to come. */
  reserve(tokens: number): void {
    const { contextLength, slidingWindow } = this.#config
    const most = slidingWindow + Math.max(this.#slack, tokens)
    this.#slide(this.rows.sliding + tokens - most)
    const share = tokens > fewTokens ? shares.prompt : shares.token
    const full = grown(this.#capacity.full, this.#length + tokens, contextLength, share)
    const sliding = grown(this.#capacity.sliding, this.rows.sliding + tokens, Math.min(full, most), share)
    if (full !== this.#capacity.full || sliding !== this.#capacity.sliding) this.#resize({ full, sliding })
  }

  /**
   * Takes the rows of new tokens.
   *
   * @param isExact whether they were run such that other requests may take them over.
   */
  append(tokens: ArrayLike<number>, rows: NewRows, isExact: boolean): void {
    this.#store.write(rows, this.rows, tokens.length)
    this.#tokens.set(tokens, this.#length)
    if (isExact && this.#exactLength === this.#length) this.#exactLength += tokens.length
    this.#length += tokens.length
  }

  fork(length: number): KeyValues {
    const { contextLength, slidingWindow } = this.#config
    const rows = { full: length, sliding: length - this.#start }
    const full = roomFor(length, contextLength, shares.prompt)
    const capacity = { full, sliding: Math.min(full, Math.max(rows.sliding, slidingWindow + this.#slack)) }
    const kept = { config: this.#config, interventions: this.interventions, salt: this.#salt, slack: this.#slack }
    const copy = new KeyValues(kept, this.#store.copy(rows, capacity), capacity)
    copy.#tokens.set(this.#tokens.subarray(0, length))
    copy.#length = length
    copy.#start = this.#start
    copy.#exactLength = Math.min(length, this.#exactLength)
    return copy
  }

  truncate(length: number): void {
    if (length < this.shortest) {
      // What its sliding layers would need is forgotten: nothing of it can be used.
      this.#length = 0
      this.#start = 0
    } else this.#length = Math.min(length, this.#length)
    this.#exactLength = Math.min(this.#exactLength, this.#length)
  }

  dispose(): void {
    this.#store.dispose()
    this.#capacity = { full: 0, sliding: 0 }
    this.#length = 0
    this.#start = 0
  }

  /** Makes room for at least so many rows of sliding layers, out of those that no token to come can see. */
  #slide(needed: number): void {
    if (needed <= 0) return
    const { sliding } = this.rows
    const unseen = sliding - (this.#config.slidingWindow - 1)
    // More than is needed, as far as it goes: moving rows for each token would cost as much as running it.
    const count = Math.min(unseen, Math.max(needed, chunkLength))
    this.#store.slide(count, sliding)
    this.#start += count
  }

  #resize(capacity: KvRows): void {
    const resized = this.#store.copy(this.rows, capacity)
    this.#store.dispose()
    this.#store = resized
    const tokens = new Int32Array(capacity.full)
    tokens.set(this.#tokens.subarray(0, this.#length))
    this.#tokens = tokens
    this.#capacity = capacity
  }
}

/** What a sequence is made with. */
interface Kept extends Pick<KeyValuesOptions, "config" | "interventions"> {
  readonly salt: string
  readonly slack: number
}

const grown = (capacity: number, needed: number, most: number, share: number): number =>
  needed > capacity ? roomFor(needed, most, share) : capacity
