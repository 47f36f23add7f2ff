/** Keeps an eye on how much memory the process takes. */
import { byteCount } from "@facet/sdk/words"

/** Memory grows by requests, and those take seconds. */
const everyMs = 2000

export class MemoryWatch implements Disposable {
  readonly #most: number | undefined
  readonly #whenOver: () => void
  readonly #read: () => number
  #timer: NodeJS.Timeout | undefined

  /**
   * @param most bytes that may be taken; undefined for all that there are
   * @param whenOver called each time that more is found to be taken
   */
  constructor(most: number | undefined, whenOver: () => void, read: () => number = () => process.memoryUsage.rss()) {
    this.#most = most
    this.#whenOver = whenOver
    this.#read = read
  }

  /**
   * Begins to watch, once the model is open.
   *
   * @throws Error when more is taken already: another process would not fare better.
   */
  begin(): void {
    if (this.#most === undefined) return
    if (this.#isOver) {
      const taken = `${byteCount(this.#read())} with the model open, and may have ${byteCount(this.#most)}`
      throw new Error(`--max-memory: the process takes ${taken}. Allow more, or open a smaller model.`)
    }
    this.#timer = setInterval(() => {
      if (this.#isOver) this.#whenOver()
    }, everyMs).unref()
  }

  get #isOver(): boolean {
    return this.#most !== undefined && this.#read() > this.#most
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
