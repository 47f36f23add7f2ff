/** How long requests wait for their place. */
import type { QueueWaits } from "../words/Request.ts"

/** In seconds: from what nobody notices to what clients give up at. */
const bounds = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export class Waits {
  readonly #counts = bounds.map(() => 0)
  #count = 0
  #seconds = 0

  add(seconds: number): void {
    for (const [i, bound] of bounds.entries()) if (seconds <= bound) this.#counts[i] = (this.#counts[i] ?? 0) + 1
    this.#count++
    this.#seconds += seconds
  }

  /** As they are now; what comes later does not change it. */
  get told(): QueueWaits {
    return { bounds, counts: [...this.#counts], count: this.#count, seconds: this.#seconds }
  }
}
