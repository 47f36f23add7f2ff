/**
 * What was found of pieces of long texts. A text that grows is judged again and again, and most of its pieces stay the
 * same: each is run once. Bounded; the least recently used go first.
 */

import { RecentlyUsed } from "./RecentlyUsed.ts"

/** What one piece was judged to be. */
export interface Judgement {
  /** Of P(Yes) for each policy, in nats. */
  readonly logits: ReadonlyArray<number>
  /** Tokens that were run for it, and tokens that were not. */
  readonly judged: number
  readonly cached: number
}

const mostKept = 1_024

export class Judgements {
  readonly #kept = new RecentlyUsed<Judgement>(mostKept)

  /** The piece's judgement, with nothing run for it. */
  get(key: string): Judgement | undefined {
    const known = this.#kept.get(key)
    return known === undefined ? undefined : { ...known, judged: 0, cached: known.judged + known.cached }
  }

  set(key: string, judgement: Judgement): void {
    this.#kept.set(key, judgement)
  }
}
