/** Counts of positive values in equal intervals from 0, whose range grows as larger values come. */
export class Histogram {
  /** The upper end, a power of two. */
  to: number
  readonly counts: Array<number>

  /** @param bins an even number. */
  constructor(bins: number, to = 2 ** -6, counts: ReadonlyArray<number> = Array.from({ length: bins }, () => 0)) {
    this.to = to
    this.counts = [...counts]
  }

  /** @param value above 0. */
  add(value: number): void {
    while (value > this.to) this.#double()
    // An interval has its upper end: whole ranges then join without moving a value.
    const bin = Math.min(this.counts.length, Math.max(1, Math.ceil((value / this.to) * this.counts.length)))
    this.counts[bin - 1]! += 1
  }

  /** Joins each two intervals, which makes room for as many above. */
  #double(): void {
    const { counts } = this
    const half = counts.length / 2
    for (let i = 0; i < counts.length; i++) counts[i] = i < half ? counts[2 * i]! + counts[2 * i + 1]! : 0
    this.to *= 2
  }
}
