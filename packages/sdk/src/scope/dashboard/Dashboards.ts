/**
 * Collects what dashboards show, text by text, from traces with all of a token's features. What was collected so far is plain
 * data, so that a long corpus may be gone on with another day.
 */
import { checkKnown, checkNumber } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { Trace } from "../../words/Trace.ts"
import type { ActivationSpan, FeatureDashboard } from "./FeatureDashboard.ts"
import { Histogram } from "./Histogram.ts"

export interface DashboardsOptions {
  /** Which features; left out: all that are active somewhere, without neighbours. */
  readonly features?: ReadonlyArray<number> | undefined
  /** Texts that are shown of each feature. Default 10. */
  readonly spans?: number | undefined
  /** Tokens on either side of the strongest. Default 10. */
  readonly around?: number | undefined
  /** Intervals of the histogram, an even number. Default 40. */
  readonly bins?: number | undefined
  /** Neighbours of each feature. Default 5. */
  readonly neighbours?: number | undefined
}

interface Settings extends Readonly<Record<"around" | "bins" | "neighbours" | "spans", number>> {
  readonly features: ReadonlyArray<number> | undefined
}

interface Collected {
  count: number
  sum: number
  max: number
  readonly histogram: Histogram
  /** The strongest first. */
  readonly spans: Array<ActivationSpan>
  /** At how many tokens another feature was active, too. */
  readonly together: Map<number, number>
}

/** What {@link Dashboards} has collected, as JSON. */
export interface CollectedDashboards {
  readonly settings: DashboardsOptions
  readonly texts: number
  readonly tokens: number
  readonly fired: ReadonlyArray<readonly [index: number, count: number]>
  readonly labels: ReadonlyArray<readonly [index: number, label: string]>
  readonly features: ReadonlyArray<
    readonly [
      index: number,
      Omit<Collected, "histogram" | "together"> & {
        readonly histogram: { readonly to: number; readonly counts: ReadonlyArray<number> }
        readonly together: ReadonlyArray<readonly [index: number, count: number]>
      },
    ]
  >
}

export class Dashboards {
  readonly #settings: Settings
  readonly #wanted: ReadonlySet<number> | undefined
  readonly #collected = new Map<number, Collected>()
  /** At how many tokens each feature was active. */
  readonly #fired = new Map<number, number>()
  /** As the traces had them. */
  readonly #labels = new Map<number, string>()
  #texts = 0
  #tokens = 0

  /** @throws InvalidRequestError that names the option. */
  constructor(options: DashboardsOptions = {}) {
    checkKnown(options, optionNames)
    const { around = 10, bins = 40, features, neighbours = 5, spans = 10 } = options
    for (const [name, value] of Object.entries({ around, bins, neighbours, spans })) {
      if (Number.isInteger(value) && value >= 0 && (name !== "bins" || (value > 0 && value % 2 === 0))) continue
      throw invalidRequest(
        name,
        `${value} is out of range`,
        name === "bins" ? "Use an even number." : "Use a whole number.",
      )
    }
    for (const [i, index] of (features ?? []).entries()) {
      checkNumber(`features[${i}]`, index, { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true })
    }
    this.#settings = { around, bins, features: features && [...new Set(features)], neighbours, spans }
    this.#wanted = features === undefined ? undefined : new Set(features)
  }

  /**
   * What was collected before, to be gone on with.
   *
   * @throws InvalidRequestError where it is something else.
   */
  static from(collected: CollectedDashboards): Dashboards {
    try {
      return Dashboards.#from(collected)
    } catch {
      throw invalidRequest("collected", "it is not what dashboards collect", "Pass what `collected()` gave, unchanged.")
    }
  }

  static #from({ features, fired, labels, settings, texts, tokens }: CollectedDashboards): Dashboards {
    checkCounted(texts, tokens)
    const made = new Dashboards(settings)
    made.#texts = texts
    made.#tokens = tokens
    for (const [index, count] of fired) made.#fired.set(index, count)
    for (const [index, label] of labels) made.#labels.set(index, label)
    for (const [index, { histogram, spans, together, ...sums }] of features) {
      made.#collected.set(index, {
        ...sums,
        histogram: new Histogram(made.#settings.bins, histogram.to, histogram.counts),
        spans: [...spans],
        together: new Map(together),
      })
    }
    return made
  }

  /** Texts that were added. */
  get texts(): number {
    return this.#texts
  }

  /** Tokens of them, `<bos>` left out. */
  get tokens(): number {
    return this.#tokens
  }

  /** @param trace with all features of each token: `topK` as large as the autoencoder. */
  add(trace: Pick<Trace, "tokens">): void {
    if (!Array.isArray(trace?.tokens)) throw invalidRequest("trace", "it is no trace", "Pass what `inspect` gives.")
    const strongest = new Map<number, number>()
    for (const [at, { features }] of trace.tokens.entries()) {
      if (at === 0) continue
      this.#tokens++
      for (const { activation, index, label } of features) {
        if (label !== undefined) this.#labels.set(index, label)
        this.#fired.set(index, (this.#fired.get(index) ?? 0) + 1)
        if (this.#wanted !== undefined && !this.#wanted.has(index)) continue
        const one = this.#of(index)
        one.count++
        one.sum += activation
        one.histogram.add(activation)
        one.max = Math.max(one.max, activation)
        // Of all features with all others it would be too many pairs.
        if (this.#wanted !== undefined) {
          for (const other of features) {
            if (other.index !== index) one.together.set(other.index, (one.together.get(other.index) ?? 0) + 1)
          }
        }
        const best = strongest.get(index)
        if (best === undefined || activation > activationAt(trace, best, index)) strongest.set(index, at)
      }
    }
    for (const [index, at] of strongest) this.#keep(this.#of(index).spans, trace, index, at)
    this.#texts++
  }

  /**
   * The dashboards, in the order in which features were asked for, else by their indices.
   *
   * @param labels in place of those that the traces had.
   */
  dashboards(labels: ReadonlyMap<number, string> = this.#labels): ReadonlyArray<FeatureDashboard> {
    const indices = this.#settings.features ?? [...this.#collected.keys()].sort((a, b) => a - b)
    return indices.map((index) => {
      const { count, histogram, max, spans, sum } = this.#collected.get(index) ?? this.#none()
      const label = labels.get(index)
      return {
        index,
        ...(label !== undefined && { label }),
        density: this.#tokens === 0 ? 0 : count / this.#tokens,
        max,
        mean: count === 0 ? 0 : sum / count,
        histogram: { to: histogram.to, counts: [...histogram.counts] },
        spans,
        neighbours: this.#neighbours(index),
      }
    })
  }

  /** What was collected, as JSON. */
  collected(): CollectedDashboards {
    return {
      settings: this.#settings,
      texts: this.#texts,
      tokens: this.#tokens,
      fired: [...this.#fired],
      labels: [...this.#labels],
      features: [...this.#collected].map(([index, { histogram, together, ...sums }]) => [
        index,
        { ...sums, histogram: { to: histogram.to, counts: histogram.counts }, together: [...together] },
      ]),
    }
  }

  #of(index: number): Collected {
    const known = this.#collected.get(index) ?? this.#none()
    this.#collected.set(index, known)
    return known
  }

  #none(): Collected {
    return { count: 0, sum: 0, max: 0, histogram: new Histogram(this.#settings.bins), spans: [], together: new Map() }
  }

  #keep(spans: Array<ActivationSpan>, trace: Pick<Trace, "tokens">, index: number, at: number): void {
    const { around, spans: most } = this.#settings
    const max = activationAt(trace, at, index)
    const place = spans.findIndex((span) => span.max < max)
    if ((place < 0 && spans.length >= most) || most === 0) return
    const from = Math.max(1, at - around)
    const tokens = trace.tokens.slice(from, at + around + 1)
    const values = tokens.map((_, i) => activationAt(trace, from + i, index))
    const span = { tokens: tokens.map(({ token }) => token), values, max, maxIndex: at - from, text: this.#texts }
    spans.splice(place < 0 ? spans.length : place, 0, span)
    if (spans.length > most) spans.pop()
  }

  #neighbours(index: number): FeatureDashboard["neighbours"] {
    const own = this.#collected.get(index)
    if (own === undefined) return []
    const all = [...own.together].map(([other, both]) => ({
      index: other,
      correlation: phi(both, own.count, this.#fired.get(other) ?? 0, this.#tokens),
    }))
    return all.sort((a, b) => b.correlation - a.correlation || a.index - b.index).slice(0, this.#settings.neighbours)
  }
}

const optionNames = ["around", "bins", "features", "neighbours", "spans"] as const satisfies ReadonlyArray<
  keyof DashboardsOptions
>

function checkCounted(...counts: ReadonlyArray<unknown>): void {
  for (const count of counts) if (!Number.isInteger(count)) throw new TypeError("it is no count")
}

const activationAt = ({ tokens }: Pick<Trace, "tokens">, at: number, index: number): number =>
  tokens[at]?.features.find((feature) => feature.index === index)?.activation ?? 0

/** The correlation of two that are each there or not: at `both`, `a` and `b` of `all` tokens. 0 where one never varies. */
function phi(both: number, a: number, b: number, all: number): number {
  const spread = Math.sqrt(a * (all - a) * b * (all - b))
  return spread === 0 ? 0 : (all * both - a * b) / spread
}
