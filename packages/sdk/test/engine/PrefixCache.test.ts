import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { type KvSequence, PrefixCache } from "../../src/engine/PrefixCache.ts"
import { tries } from "../../../../test/campaign.ts"

const integer = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Stores its tokens twice: as tokens, and as rows that a wrong fork would not carry over. */
class FakeSequence implements KvSequence<FakeSequence> {
  readonly tokens = new Int32Array(256)
  readonly bytes: number
  readonly #alive: Set<FakeSequence>
  readonly key: string
  rows: Array<number> = []
  exactLength = 0
  shortest = 0
  readonly #keeps: number

  /** @param keeps the last rows that it does not forget. */
  constructor(alive: Set<FakeSequence>, bytes: number, key: string, keeps: number) {
    this.key = key
    this.#keeps = keeps
    this.#alive = alive
    this.bytes = bytes
    alive.add(this)
  }

  get length(): number {
    return this.rows.length
  }

  /** Runs tokens; those that complete whole chunks from an aligned position on count as exact. */
  extend(tokens: ReadonlyArray<number>, align = 1): void {
    assert.isTrue(this.#alive.has(this), "extended after its end")
    const start = this.length
    this.tokens.set(tokens, start)
    this.rows.push(...tokens)
    if (start === this.exactLength) this.exactLength = this.length - (this.length % align)
    this.shortest = Math.max(this.shortest, this.length - this.#keeps)
  }

  fork(length: number): FakeSequence {
    assert.isTrue(this.#alive.has(this) && length <= this.length && length >= this.shortest)
    const copy = new FakeSequence(this.#alive, this.bytes, this.key, this.#keeps)
    copy.extend(this.rows.slice(0, length))
    copy.shortest = this.shortest
    copy.exactLength = Math.min(length, this.exactLength)
    return copy
  }

  truncate(length: number): void {
    assert.isTrue(this.#alive.has(this) && length <= this.length && length >= this.shortest)
    this.rows = this.rows.slice(0, length)
    this.tokens.fill(-1, length)
    this.exactLength = Math.min(length, this.exactLength)
  }

  dispose(): void {
    assert.isTrue(this.#alive.delete(this), "disposed twice")
  }
}

const makeCache = (maxBytes = 1000, bytes = 100, keeps = Infinity) => {
  const alive = new Set<FakeSequence>()
  const cache = new PrefixCache<FakeSequence>({ maxBytes })
  const acquire = (tokens: ReadonlyArray<number>, { align = 1, key = "" } = {}) =>
    cache.acquire(tokens, {
      reuse: { unit: align, isExact: align > 1 },
      key,
      create: () => new FakeSequence(alive, bytes, key, keeps),
    })
  const run = (tokens: ReadonlyArray<number>, align = 1, key = "") => {
    const lease = acquire(tokens, { align, key })
    lease.sequence.extend(tokens.slice(lease.reused), align)
    return lease
  }
  return { acquire, alive, cache, run }
}

const count = (from: number, length: number): Array<number> => Array.from({ length }, (_, i) => from + i)

/** Few tokens and long repeats, so that prefixes are shared. */
const Action = Schema.Struct({
  kind: Schema.Literals(["acquire", "acquire", "acquire", "release", "release", "discard", "clear"]),
  base: integer(0, 2),
  shared: integer(0, 60),
  own: integer(0, 40),
  mark: integer(0, 3),
  generated: integer(0, 30),
  pick: integer(0, 10),
  key: Schema.Literals(["", "steered"]),
})

describe("PrefixCache", () => {
  it.prop(
    "rows are those of the request, bytes stay bounded, nothing is lost or disposed of twice",
    {
      actions: Schema.Array(Action).check(Schema.isMaxLength(40)),
      align: Schema.Literals([1, 8]),
      maxBytes: integer(0, 700),
      keeps: Schema.Literals([1000, 50, 20]),
    },
    ({ actions, align, keeps, maxBytes }) => {
      const { acquire, alive, cache } = makeCache(maxBytes, 100, keeps)
      const lent = new Set<FakeSequence>()
      for (const action of actions) {
        const victim = [...lent][action.pick % Math.max(1, lent.size)]
        if (action.kind === "acquire") {
          const tokens = [
            ...count(action.base * 1000, action.shared),
            ...Array.from({ length: action.own }, () => action.mark),
          ]
          const { reused, sequence } = acquire(tokens, { align, key: action.key })
          assert.isFalse(lent.has(sequence), "lent twice")
          assert.isTrue(alive.has(sequence))
          assert.strictEqual(sequence.key, action.key)
          assert.strictEqual(reused % align, 0)
          assert.isTrue(reused <= Math.max(0, tokens.length - 1))
          assert.isTrue(align === 1 || sequence.exactLength === reused)
          assert.deepStrictEqual(sequence.rows, tokens.slice(0, reused))
          assert.deepStrictEqual([...sequence.tokens.subarray(0, sequence.length)], sequence.rows)
          lent.add(sequence)
          sequence.extend(tokens.slice(reused), align)
          sequence.extend(
            Array.from({ length: action.generated }, (_, i) => i % 3),
            1000,
          )
        } else if (action.kind === "clear") {
          cache.clear()
          assert.deepStrictEqual([cache.stats.entries, cache.stats.bytes], [0, 0])
        } else if (victim !== undefined) {
          lent.delete(victim)
          if (action.kind === "release") cache.release(victim)
          else victim.dispose()
        }
        assert.isAtMost(cache.stats.bytes, maxBytes)
        assert.strictEqual(cache.stats.bytes, cache.stats.entries * 100)
        assert.strictEqual(alive.size, lent.size + cache.stats.entries)
      }
      for (const sequence of lent) cache.release(sequence)
      cache.clear()
      assert.strictEqual(alive.size, 0)
    },
    { arbitrary: { runs: tries(200), size: 40 } },
  )

  it("hands over an entry that the request extends, without a copy", () => {
    const { cache, run } = makeCache()
    const first = run(count(0, 50))
    cache.release(first.sequence)
    const next = run([...count(0, 50), 7, 8])
    assert.deepStrictEqual([next.sequence, next.reused], [first.sequence, 50])
    assert.strictEqual(cache.stats.entries, 0)
  })

  it("hands over an entry whose loss is negligible, and copies from one that stays useful", () => {
    const { cache, run } = makeCache()
    const first = run(count(0, 50))
    cache.release(first.sequence)
    const near = run([...count(0, 34), 777])
    assert.deepStrictEqual([near.sequence, near.reused, near.sequence.length], [first.sequence, 34, 35])
    cache.release(near.sequence)
    const far = run([...count(0, 10), 888])
    assert.notStrictEqual(far.sequence, near.sequence)
    assert.deepStrictEqual([far.reused, cache.stats.entries], [10, 1])
  })

  it("shares a prefix between four requests at once", () => {
    const { cache, run } = makeCache()
    const first = run([...count(0, 100), ...count(500, 30)])
    cache.release(first.sequence)
    const others = [1, 2, 3].map((n) => run([...count(0, 100), ...count(500 + n * 100, 30)]))
    assert.deepStrictEqual(
      others.map(({ reused }) => reused),
      [100, 100, 100],
    )
    assert.strictEqual(new Set([first, ...others].map(({ sequence }) => sequence)).size, 4)
    for (const { sequence } of others) cache.release(sequence)
    assert.deepStrictEqual(cache.stats, { entries: 4, bytes: 400 })
  })

  it("keeps what was made under different keys apart, also where the tokens are the same", () => {
    const { acquire, cache, run } = makeCache()
    cache.release(run(count(0, 50)).sequence)
    cache.release(run(count(0, 40), 1, "steered").sequence)
    assert.strictEqual(cache.stats.entries, 2)
    assert.strictEqual(acquire([...count(0, 50), 7], { key: "steered" }).reused, 40)
    assert.strictEqual(acquire([...count(0, 50), 7]).reused, 50)
    assert.strictEqual(acquire([...count(0, 50), 7], { key: "ablated" }).reused, 0)
  })

  it("reuses nothing of a sequence that has forgotten what the request needs", () => {
    const { acquire, cache, run } = makeCache(1000, 100, 30)
    cache.release(run(count(0, 100)).sequence)
    assert.strictEqual(acquire([...count(0, 60), 7]).reused, 0)
    assert.strictEqual(acquire([...count(0, 80), 7]).reused, 80)
  })

  it("leaves one token to run when the request is cached wholly", () => {
    const { acquire, cache, run } = makeCache()
    cache.release(run(count(0, 50)).sequence)
    assert.strictEqual(acquire(count(0, 50)).reused, 49)
    assert.strictEqual(acquire([]).reused, 0)
  })

  it("reuses whole chunks only, of rows that were computed in chunks", () => {
    const { cache, run } = makeCache()
    const first = run(count(0, 30), 8)
    first.sequence.extend(count(30, 20), 1000)
    cache.release(first.sequence)
    // 24 rows are exact; the 26 others are of no use to aligned requests, so the entry itself is handed over.
    const next = run(count(0, 60), 8)
    assert.deepStrictEqual([next.reused, next.sequence, next.sequence.exactLength], [24, first.sequence, 56])
  })

  it("drops a sequence that another one begins with", () => {
    const { acquire, alive, cache, run } = makeCache()
    const [short, long] = [acquire(count(0, 20)), run(count(0, 40))]
    short.sequence.extend(count(0, 20))
    cache.release(long.sequence)
    cache.release(short.sequence)
    assert.deepStrictEqual([...alive], [long.sequence])
    const longer = acquire([1])
    longer.sequence.extend(count(0, 60))
    cache.release(longer.sequence)
    assert.deepStrictEqual([...alive], [longer.sequence])
  })

  it("keeps a shorter sequence of which more rows are exact", () => {
    const { acquire, cache, run } = makeCache()
    const exact = run(count(0, 40), 8)
    const loose = run(count(0, 50), 100)
    cache.release(exact.sequence)
    cache.release(loose.sequence)
    assert.strictEqual(cache.stats.entries, 2)
    assert.strictEqual(acquire([...count(0, 45), 1], { align: 8 }).reused, 40)
  })

  it("evicts the least recently used, and does not keep what alone is too large", () => {
    const { acquire, cache, run } = makeCache(300)
    for (const base of [1000, 2000, 3000]) cache.release(run(count(base, 40)).sequence)
    cache.release(run([...count(1000, 5), 9]).sequence) // a copy: the entry at 1000 was used, the one at 2000 goes
    assert.strictEqual(acquire([...count(2000, 20), 1]).reused, 0)
    assert.strictEqual(acquire([...count(1000, 20), 1]).reused, 20)
    const small = makeCache(50)
    small.cache.release(small.run(count(0, 9)).sequence)
    assert.deepStrictEqual([small.cache.stats.entries, small.alive.size], [0, 0])
  })

  it("refuses a sequence that is not lent", () => {
    const { cache, run } = makeCache()
    const { sequence } = run(count(0, 9))
    cache.release(sequence)
    assert.throws(() => cache.release(sequence))
  })
})
