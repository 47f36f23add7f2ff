/** Keeps so many things by their keys; the least recently used go first. */
export class RecentlyUsed<A> {
  readonly #most: number
  readonly #kept = new Map<string, A>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): A | undefined {
    const known = this.#kept.get(key)
    if (known !== undefined) this.set(key, known)
    return known
  }

  set(key: string, value: A): void {
    this.#kept.delete(key)
    this.#kept.set(key, value)
    const oldest = this.#kept.keys().next()
    if (this.#kept.size > this.#most && oldest.done !== true) this.#kept.delete(oldest.value)
  }

  delete(key: string): void {
    this.#kept.delete(key)
  }
}
