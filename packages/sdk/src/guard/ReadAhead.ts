/** How far a source is read ahead of its reader, in bytes. */
import type * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { charactersOf, type Frame } from "./Frame.ts"

/** Bytes that may be held before the source has to wait. */
export const mostAhead = 256 * 1024
/** What keeping a frame takes besides its text, so that very many that say nothing are not free. */
const frameBytes = 256
/** Of a character in memory. */
const characterBytes = 2

/** How much memory a frame takes, as far as is known. */
export const sizeOf = ({ size = 0, texts }: Frame<unknown>): number =>
  frameBytes + size + characterBytes * charactersOf(texts)

/**
 * Keeps a source from being read without end: beyond a limit it waits, as long as something is under way that can make
 * room: a frame that nobody has looked at, a judgement, a reader who has not taken what is out. Without any of those only
 * more of the source can bring what is held to its end, as where a whole answer is judged at once, and it is read on.
 */
export class ReadAhead {
  readonly #most: number
  readonly #latch = Latch.makeUnsafe(true)
  /** Of the frames that were read and not taken; they leave in the order in which they came. */
  readonly #sizes: Array<number> = []
  #bytes = 0
  #unseen = 0
  #untaken = 0
  #isJudging = false

  constructor(most: number) {
    this.#most = most
  }

  /** Done when the next frame may be read. */
  get room(): Effect.Effect<void> {
    return this.#latch.await
  }

  read(frame: Frame<unknown>): void {
    const size = sizeOf(frame)
    this.#sizes.push(size)
    this.#bytes += size
    this.#unseen++
    this.#settle()
  }

  seen(): void {
    this.#unseen--
  }

  released(frames: number): void {
    this.#untaken += frames
  }

  taken(): void {
    this.#bytes -= this.#sizes.shift() ?? 0
    this.#untaken--
    this.#settle()
  }

  /** What was seen led to all that follows from it. */
  settle(isJudging: boolean): void {
    this.#isJudging = isJudging
    this.#settle()
  }

  #settle(): void {
    const canWait = this.#unseen > 0 || this.#untaken > 0 || this.#isJudging
    if (canWait && this.#bytes >= this.#most) this.#latch.closeUnsafe()
    else this.#latch.openUnsafe()
  }
}
