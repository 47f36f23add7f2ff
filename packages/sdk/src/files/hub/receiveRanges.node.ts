/** Fetches the rest of a large file over several connections at once, and stores it in its order. */
import { HostFailure } from "../http/HostFailure.ts"
import type { HttpBody } from "../http/HttpSource.ts"
import { Patience } from "../http/retry.ts"
import type { Receiving } from "./FileDownload.node.ts"

/** Ranges of one file at once: what one connection does not fill of a line, some do. */
const atOnce = 4

/** The host has another version of the file now, or sends all of it: what is stored continues with nothing of that. */
export class OtherVersion extends Error {}

/**
 * Fetches what is missing of a file in ranges of `rangeBytes`. The file grows in its order, so that what is stored can
 * always be continued; what has come of later ranges waits in memory for what is before it, `4 * rangeBytes` at most.
 * A range that breaks off is continued by itself.
 *
 * @param size of the whole file, of which something is stored.
 * @param validator the version that every range must be of.
 *
 * Rejects with an {@link OtherVersion} when a range is of another version; else as `downloadFile` does. Nothing is under
 * way any more then, and what had come without a gap is stored.
 */
export async function receiveRanges(
  receiving: Receiving,
  { rangeBytes, size, validator }: { readonly rangeBytes: number; readonly size: number; readonly validator: string },
): Promise<void> {
  const { partial } = receiving
  const ranges: Array<Range> = []
  for (let start = partial.length; start < size; start += rangeBytes) {
    ranges.push(new Range(start, Math.min(size, start + rangeBytes)))
  }
  await new RangedReceiving(receiving, validator, ranges).run()
}

/** A stretch of the file, and what has come of it and is not stored yet. */
class Range {
  readonly start: number
  readonly end: number
  received = 0
  readonly waiting: Array<Uint8Array> = []
  readonly #stored = Promise.withResolvers<void>()

  constructor(start: number, end: number) {
    this.start = start
    this.end = end
  }

  get isWhole(): boolean {
    return this.start + this.received === this.end
  }

  /** Settles when all of it is stored. */
  get stored(): Promise<void> {
    return this.#stored.promise
  }

  settle(): void {
    this.#stored.resolve()
  }
}

class RangedReceiving {
  readonly #receiving: Receiving
  readonly #validator: string
  /** Those that nobody has begun. */
  readonly #todo: Array<Range>
  /** Those that are not stored, in the file's order. */
  readonly #unstored: Array<Range>
  readonly #failed = new AbortController()
  readonly #bodies = new Set<HttpBody>()
  readonly #signal: AbortSignal
  #storing: Promise<void> = Promise.resolve()

  constructor(receiving: Receiving, validator: string, ranges: ReadonlyArray<Range>) {
    const { signal } = receiving
    this.#receiving = receiving
    this.#validator = validator
    this.#todo = [...ranges]
    this.#unstored = [...ranges]
    this.#signal = AbortSignal.any([this.#failed.signal, ...(signal === undefined ? [] : [signal])])
  }

  async run(): Promise<void> {
    const workers = Array.from({ length: atOnce }, () => this.#work().catch((cause: unknown) => this.#fail(cause)))
    await Promise.allSettled(workers)
    // What came before the failure; of a disk that refuses, a worker has told.
    await this.#store().catch(() => undefined)
    await Promise.all(workers)
  }

  /** One range after the other; the next one when the last is stored, so that nobody runs far ahead. */
  async #work(): Promise<void> {
    for (let range = this.#todo.shift(); range !== undefined; range = this.#todo.shift()) {
      await this.#fetch(range)
      await range.stored
      this.#signal.throwIfAborted()
    }
  }

  #fail(cause: unknown): never {
    this.#failed.abort(cause)
    for (const body of this.#bodies) body.cancel()
    // Whoever waits for what will not be stored goes on, and sees that all is over.
    for (const range of this.#unstored) range.settle()
    throw this.#failed.signal.reason
  }

  /** Asks until the range has its last byte. */
  async #fetch(range: Range): Promise<void> {
    const { connections, name, source } = this.#receiving
    const patience = new Patience(source, name, this.#signal)
    while (!range.isWhole) {
      const before = range.received
      try {
        await connections.use(() => this.#request(range))
      } catch (cause) {
        this.#signal.throwIfAborted()
        if (range.received > before) patience.renew()
        await patience.afterFailure(cause)
      }
    }
  }

  /** One request, read to its end. Rejects with a `HostFailure` when another may help. */
  async #request(range: Range): Promise<void> {
    const { checkIdentity, meter, name, source } = this.#receiving
    this.#signal.throwIfAborted()
    const from = range.start + range.received
    const body = await source.open(name, from, { end: range.end, ifRange: this.#validator })
    this.#bodies.add(body)
    try {
      this.#signal.throwIfAborted()
      checkIdentity(body)
      if (!body.isPartial || body.validator !== this.#validator) throw new OtherVersion("another version")
      for await (const chunk of body.chunks()) {
        this.#signal.throwIfAborted()
        // A host may send more than it was asked for.
        const fitting = chunk.subarray(0, range.end - range.start - range.received)
        if (fitting.length === 0) break
        range.waiting.push(fitting)
        range.received += fitting.length
        meter.receive(name, fitting.length)
        // The disk is waited for only where it has something to do: by the range that comes next.
        if (range === this.#unstored[0]) await this.#store()
      }
      if (!range.isWhole) throw new HostFailure("broken", "the host stopped in the middle of a range")
      await this.#store()
    } finally {
      body.cancel()
      this.#bodies.delete(body)
    }
  }

  /** Stores what has come without a gap, one call after the other. */
  #store(): Promise<void> {
    this.#storing = this.#storing.then(() => this.#storeNext())
    // Told to whoever called; the next call does not fail of it, and finds the same.
    const stored = this.#storing
    this.#storing = stored.catch(() => undefined)
    return stored
  }

  async #storeNext(): Promise<void> {
    for (let range = this.#unstored[0]; range !== undefined; range = this.#unstored[0]) {
      for (let bytes = range.waiting[0]; bytes !== undefined; bytes = range.waiting[0]) {
        await this.#receiving.partial.append(bytes)
        range.waiting.shift()
      }
      if (!range.isWhole) return
      this.#unstored.shift()
      range.settle()
    }
  }
}
