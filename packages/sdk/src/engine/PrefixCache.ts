/**
 * Key-value sequences of earlier requests, kept so that a request runs only what is new in it: the next turn of a
 * chat, the second policy of a shield. Bounded in bytes; the least recently used go first.
 *
 * A sequence is either in the cache or lent to one request, never both and never to two.
 */

import { anyRow, type Reuse } from "./Reuse.ts"

type Rule = Pick<Reuse, "isExact" | "unit">

/** The keys and values of a run of tokens, one row a token, in a buffer of their own. */
export interface KvSequence<Self> {
  /** What else made the rows but the tokens: rows of different keys are never taken for each other. */
  readonly key: string
  /** The tokens of the rows: the first `length` elements. The array may be longer. */
  readonly tokens: Int32Array
  /** How many rows there are. */
  readonly length: number
  /** The first so many rows were run such that any request may take them over (0 <= exactLength <= length). */
  readonly exactLength: number
  /** The fewest rows, other than none, that the sequence can be cut to: layers that slide forget the oldest. */
  readonly shortest: number
  /** The size of the whole buffer, used or not. Does not change while the sequence is in the cache. */
  readonly bytes: number
  /** A new sequence with a copy of the first rows; its exact length is the smaller of `length` and this one's. */
  fork(length: number): Self
  /** Forgets all rows but the first `length`; the exact length becomes no greater than that. */
  truncate(length: number): void
  /** Frees the buffer. Called once at most. */
  dispose(): void
}

/** What a cache is made of. */
export interface PrefixCacheOptions {
  /** The most bytes that cached sequences may hold together; lent ones do not count. */
  readonly maxBytes: number
}

/** How a request wants its sequence. */
export interface AcquireOptions<S> {
  /** Of the sequences that may serve the request. */
  readonly key: string
  /** Makes an empty sequence of this key, for a request that finds nothing to reuse. */
  readonly create: () => S
  /** Which rows may be taken over. Default: any. */
  readonly reuse?: Rule | undefined
}

/** A sequence that is lent to a request. */
export interface Lease<S> {
  /** Its rows are those of `tokens[0 .. reused - 1]`, no more. */
  readonly sequence: S
  readonly reused: number
}

/** What the cache holds. */
export interface PrefixCacheStats {
  readonly entries: number
  readonly bytes: number
}

/** Rows that are worth less than a copy of the rest of their sequence. */
const negligibleRows = 16

/** A cached sequence, with the rows of it that a request can use. */
interface Match<S> {
  readonly sequence: S
  readonly reused: number
  /** Rows that other requests could have reused and that taking the sequence away would lose. */
  readonly lost: number
}

/** See the top of the file. */
export class PrefixCache<S extends KvSequence<S>> {
  readonly #options: PrefixCacheOptions
  /** In the order of their last use, the oldest first. */
  readonly #entries = new Set<S>()
  /** Weak, since a request may dispose of its sequence instead of giving it back. */
  readonly #lent = new WeakSet<S>()
  #bytes = 0

  constructor(options: PrefixCacheOptions) {
    this.#options = options
  }

  get stats(): PrefixCacheStats {
    return { entries: this.#entries.size, bytes: this.#bytes }
  }

  /**
   * Lends a sequence that begins like the request, with as many rows as can be reused: all tokens but one at most,
   * since running a model takes a token. The request adds the other rows, and then either releases the sequence or
   * disposes of it.
   *
   * An entry that the request extends, or that would lose at most 16 reusable rows, is lent itself; of any other a
   * copy is lent.
   */
  acquire(tokens: ArrayLike<number>, { create, key, reuse = anyRow }: AcquireOptions<S>): Lease<S> {
    const wanted = tokens instanceof Int32Array ? tokens : Int32Array.from(tokens)
    const match = this.#longestMatch(wanted, key, reuse)
    const sequence = match === undefined ? create() : this.#lend(match)
    this.#lent.add(sequence)
    return { sequence, reused: match?.reused ?? 0 }
  }

  /**
   * Takes back a lent sequence, whose rows are valid. Of two sequences of which one begins with the other, the longer
   * stays. Then the least recently used go until the bound holds.
   *
   * @throws Error when the sequence is not lent: it was released before, or comes from elsewhere.
   */
  release(sequence: S): void {
    if (!this.#lent.delete(sequence)) throw new Error("The sequence is not lent by this cache.")
    if (sequence.length === 0 || sequence.bytes > this.#options.maxBytes) return sequence.dispose()
    for (const entry of this.#entries) {
      if (covers(entry, sequence)) {
        this.#touch(entry)
        return sequence.dispose()
      }
      if (covers(sequence, entry)) this.#drop(entry)
    }
    this.#entries.add(sequence)
    this.#bytes += sequence.bytes
    this.#evict()
  }

  /** Disposes of all cached sequences. Those that are lent may still be released. */
  clear(): void {
    for (const entry of this.#entries) this.#drop(entry)
  }

  #longestMatch(tokens: Int32Array, key: string, reuse: Rule): Match<S> | undefined {
    let best: Match<S> | undefined
    for (const entry of this.#entries) {
      if (entry.key !== key) continue
      const match = matchOf(entry, tokens, reuse)
      if (match.reused === 0) continue
      const isBetter =
        best === undefined || match.reused > best.reused || (match.reused === best.reused && match.lost <= best.lost)
      if (isBetter) best = match
    }
    return best
  }

  #lend({ lost, reused, sequence }: Match<S>): S {
    if (lost > negligibleRows) {
      this.#touch(sequence)
      return sequence.fork(reused)
    }
    this.#remove(sequence)
    sequence.truncate(reused)
    return sequence
  }

  #touch(entry: S): void {
    this.#entries.delete(entry)
    this.#entries.add(entry)
  }

  #evict(): void {
    for (const entry of this.#entries) {
      if (this.#bytes <= this.#options.maxBytes) return
      this.#drop(entry)
    }
  }

  #drop(entry: S): void {
    this.#remove(entry)
    entry.dispose()
  }

  #remove(entry: S): void {
    this.#entries.delete(entry)
    this.#bytes -= entry.bytes
  }
}

const matchOf = <S extends KvSequence<S>>(sequence: S, tokens: Int32Array, { isExact, unit }: Rule): Match<S> => {
  const common = commonPrefix(sequence, tokens)
  const reusable = isExact ? sequence.exactLength : sequence.length
  const usable = floorTo(Math.min(common, reusable, tokens.length - 1), unit)
  const reused = usable < sequence.shortest ? 0 : usable
  // What the request extends it computes anew and gives back.
  const lost = common === sequence.length && common < tokens.length ? 0 : floorTo(reusable, unit) - reused
  return { sequence, reused: Math.max(0, reused), lost }
}

/** Whether every request that could use `short` could use `long` as well. */
const covers = <S extends KvSequence<S>>(long: S, short: S): boolean =>
  long.key === short.key &&
  long.length >= short.length &&
  long.exactLength >= short.exactLength &&
  long.shortest <= short.shortest &&
  commonPrefix(long, short.tokens.subarray(0, short.length)) === short.length

const commonPrefix = <S extends KvSequence<S>>({ length, tokens }: S, others: Int32Array): number => {
  const limit = Math.min(length, others.length)
  let common = 0
  while (common < limit && tokens[common] === others[common]) common++
  return common
}

const floorTo = (value: number, unit: number): number => value - (value % unit)
