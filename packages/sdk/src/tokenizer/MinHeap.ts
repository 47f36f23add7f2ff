/** Numbers, of which the smallest is always at hand. */
export class MinHeap {
  readonly #values: Array<number> = []

  push(value: number): void {
    const values = this.#values
    let at = values.length
    values.push(value)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (values[parent]! <= value) break
      values[at] = values[parent]!
      at = parent
    }
    values[at] = value
  }

  /** Takes the smallest away; undefined when there is none. */
  pop(): number | undefined {
    const values = this.#values
    const smallest = values[0]
    const last = values.pop()
    if (last === undefined || values.length === 0) return smallest
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= values.length) break
      if (child + 1 < values.length && values[child + 1]! < values[child]!) child++
      if (values[child]! >= last) break
      values[at] = values[child]!
      at = child
    }
    values[at] = last
    return smallest
  }
}
