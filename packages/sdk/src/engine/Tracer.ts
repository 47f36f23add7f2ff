/**
 * Features of the tokens of a running generation. Encoding a token alone costs a native call, so tokens are encoded by
 * the dozen, and by dozens where they come so fast that nobody reads them one by one; they come out in order and complete, a
 * little after their text.
 */
import * as Effect from "effect/Effect"
import type { FacetError } from "../words/Errors.ts"
import type { TracePart } from "../words/Generation.ts"
import { type Site, siteKey } from "../words/Site.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { Forward } from "./Forward.ts"
import type { OpenSae } from "./OpenSae.ts"
import type { Scheduler } from "./Scheduler.ts"

/** Tokens that are encoded together: so many at least, and at most. */
const [batch, largestBatch] = [16, 64]

/** How long tokens wait for more than the least to come, in milliseconds: a tenth of a second is at once to who reads. */
const mostWait = 100

/** What is traced at one site. */
export interface TraceTarget {
  readonly sae: OpenSae
  readonly topK: number
}

export class Tracer {
  readonly sites: ReadonlyArray<Site>
  readonly #targets: ReadonlyArray<TraceTarget>
  readonly #scheduler: Scheduler
  readonly #tokenizer: Tokenizer
  #ids: Array<number> = []
  #rows: Array<ReadonlyMap<string, Float32Array>> = []
  /** When the first of those that wait came. */
  #since = 0

  constructor(targets: ReadonlyArray<TraceTarget>, scheduler: Scheduler, tokenizer: Tokenizer) {
    this.#targets = targets
    this.sites = targets.map(({ sae }) => ({ layer: sae.entry.layer, site: sae.entry.site }))
    this.#scheduler = scheduler
    this.#tokenizer = tokenizer
  }

  get isActive(): boolean {
    return this.#targets.length > 0
  }

  /** Takes a token that was run, and what the run gave of the sites. */
  add(id: number, forward: Forward): void {
    if (!this.isActive) return
    if (this.#ids.length === 0) this.#since = performance.now()
    this.#ids.push(id)
    this.#rows.push(forward.taps)
  }

  /**
   * Encodes tokens that have waited.
   *
   * @param releasable how many of the waiting tokens may come out: those whose text is out.
   * @param isEnd encode them however few they are.
   */
  take(releasable: number, isEnd: boolean): Effect.Effect<ReadonlyArray<TracePart>, FacetError> {
    const count = Math.min(releasable, this.#ids.length)
    if (count === 0 || (!isEnd && !this.#isDue(count))) return Effect.succeed([])
    const ids = this.#ids.splice(0, count)
    const rows = this.#rows.splice(0, count)
    this.#since = performance.now()
    return Effect.forEach(this.#targets, (target) => this.#encode(target, ids, rows))
  }

  #isDue(count: number): boolean {
    return count >= largestBatch || (count >= batch && performance.now() - this.#since >= mostWait)
  }

  #encode(
    { sae, topK }: TraceTarget,
    ids: ReadonlyArray<number>,
    rows: ReadonlyArray<ReadonlyMap<string, Float32Array>>,
  ) {
    const { layer, site } = sae.entry
    const activations = joined(rows.map((row) => row.get(siteKey(sae.entry)) ?? new Float32Array(0)))
    return Effect.map(
      this.#scheduler.step("Encoding features", () => sae.topFeatures(activations, topK)),
      (features): TracePart => ({
        type: "trace",
        site,
        layer,
        tokens: ids.map((id, i) => ({ token: this.#tokenizer.tokenText(id), id, features: features[i] ?? [] })),
      }),
    )
  }
}

function joined(rows: ReadonlyArray<Float32Array>): Float32Array {
  const whole = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0))
  let at = 0
  for (const row of rows) {
    whole.set(row, at)
    at += row.length
  }
  return whole
}
