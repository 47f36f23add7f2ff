/** Probes that read along while a prompt runs and an answer is written: in the very passes that do so. */
import { siteWidth } from "../graph/ModelConfig.ts"
import { Pool, type Probe, probeLogit } from "../words/Probe.ts"
import { type Site, siteKey } from "../words/Site.ts"
import type { Forward } from "./Forward.ts"
import type { OpenModel } from "./OpenModel.ts"
import { probeSite } from "./poolText.ts"

/** Tokens that a probe may read for themselves: some sentences, as those that it was trained on. */
const window = 64

export class ProbeReader {
  readonly sites: ReadonlyArray<Site>
  readonly #probes: ReadonlyArray<Probe>
  readonly #prompt: ReadonlyMap<number, Pool>
  readonly #answer: ReadonlyMap<number, Pool>
  /** The answer's last tokens, beginning anew in turns: one of them always holds more than a window's half. */
  readonly #recent: Array<ReadonlyMap<number, Pool>>
  readonly #newPools: () => ReadonlyMap<number, Pool>
  #answerTokens = 0
  #promptTokens = 0

  /** @param probes of this very model: see `checkProbes`. */
  constructor(model: OpenModel, probes: ReadonlyArray<Probe>) {
    this.#probes = probes
    const layers = [...new Set(probes.map(({ layer }) => layer))]
    this.sites = layers.map(probeSite)
    const width = siteWidth(model.config, "resid_post")
    this.#newPools = () => new Map(layers.map((layer) => [layer, new Pool(width)]))
    this.#prompt = this.#newPools()
    this.#answer = this.#newPools()
    this.#recent = [this.#newPools(), this.#newPools()]
  }

  get isActive(): boolean {
    return this.#probes.length > 0
  }

  /** Tokens of the answer that were read. */
  get answerTokens(): number {
    return this.#answerTokens
  }

  /**
   * Takes a chunk of the prompt that was run.
   *
   * @param from the first of its tokens that counts: 1 where the first is `<bos>`.
   */
  addPrompt({ taps }: Forward, from: number): void {
    this.#promptTokens += this.#add(this.#prompt, taps, from)
  }

  /** Takes a token of the answer that was run. */
  addAnswer({ taps }: Forward): void {
    for (const pools of this.#recent) this.#add(pools, taps, 0)
    this.#answerTokens += this.#add(this.#answer, taps, 0)
    if (this.#answerTokens % (window / 2) === 0)
      this.#recent[(this.#answerTokens / (window / 2)) % 2] = this.#newPools()
  }

  /** One logit for each probe; undefined where the prompt was not read, as its keys and values were cached. */
  get promptLogits(): ReadonlyArray<number> | undefined {
    return this.#promptTokens === 0 ? undefined : this.#logits(this.#prompt)
  }

  /** One logit for each probe: the higher one of the answer so far and of its last tokens, which a long answer would drown. */
  get answerLogits(): ReadonlyArray<number> {
    const recent = this.#recent[(Math.floor(this.#answerTokens / (window / 2)) + 1) % 2]
    const logits = this.#logits(this.#answer)
    if (recent === undefined || this.#answerTokens < window) return logits
    return this.#logits(recent).map((logit, i) => Math.max(logit, logits[i] ?? NaN))
  }

  #logits(pools: ReadonlyMap<number, Pool>): ReadonlyArray<number> {
    return this.#probes.map((probe) => {
      const features = pools.get(probe.layer)?.features(probe.pooling)
      return features === undefined ? NaN : probeLogit(probe, features)
    })
  }

  #add(pools: ReadonlyMap<number, Pool>, taps: Forward["taps"], from: number): number {
    let added = 0
    for (const [layer, pool] of pools) {
      const before = pool.rows
      pool.add(taps.get(siteKey(probeSite(layer))) ?? new Float32Array(0), from)
      added = pool.rows - before
    }
    return added
  }
}
