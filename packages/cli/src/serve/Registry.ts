/** Counters, gauges and histograms, in Prometheus' text format. */

/** Values of labels, which are names of our own and never what a client wrote. */
export type Labels = Readonly<Record<string, string>>

interface Metric {
  /** The lines of its samples. */
  readonly samples: () => ReadonlyArray<string>
}

export interface Counter {
  readonly add: (labels: Labels, amount?: number) => void
}

export interface Histogram {
  readonly observe: (labels: Labels, value: number) => void
}

export class Registry {
  readonly #families: Array<{ readonly heading: ReadonlyArray<string>; readonly metric: Metric }> = []

  counter(name: string, help: string): Counter {
    const values = new Map<string, number>()
    this.#add(name, "counter", help, {
      samples: () => [...values].map(([labels, value]) => `${name}${labels} ${value}`),
    })
    return {
      add: (labels, amount = 1) => {
        const key = written(labels)
        values.set(key, (values.get(key) ?? 0) + amount)
      },
    }
  }

  /** A value that is read when somebody asks; `undefined` where it cannot be told. */
  gauge(name: string, help: string, read: () => number | undefined): void {
    this.#add(name, "gauge", help, {
      samples: () => {
        const value = read()
        return value === undefined ? [] : [`${name} ${value}`]
      },
    })
  }

  /** @param bounds upper bounds of the buckets, ascending; the one without end comes by itself. */
  histogram(name: string, help: string, bounds: ReadonlyArray<number>): Histogram {
    const series = new Map<string, Series>()
    this.#add(name, "histogram", help, {
      samples: () => [...series.values()].flatMap((one) => samplesOf(name, bounds, one)),
    })
    return {
      observe: (labels, value) => {
        const key = written(labels)
        const one = series.get(key) ?? { labels, counts: bounds.map(() => 0), count: 0, sum: 0 }
        series.set(key, one)
        for (const [i, bound] of bounds.entries()) if (value <= bound) one.counts[i] = (one.counts[i] ?? 0) + 1
        one.count++
        one.sum += value
      },
    }
  }

  /** A histogram that somebody else keeps; `undefined` where it cannot be told. */
  histogramOf(name: string, help: string, read: () => Kept | undefined): void {
    this.#add(name, "histogram", help, {
      samples: () => {
        const kept = read()
        return kept === undefined ? [] : samplesOf(name, kept.bounds, { ...kept, labels: {} })
      },
    })
  }

  /** All of it, as a scraper reads it. */
  text(): string {
    return this.#families.map(({ heading, metric }) => [...heading, ...metric.samples(), ""].join("\n")).join("")
  }

  #add(name: string, type: string, help: string, metric: Metric): void {
    const heading = [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${type}`,
    ]
    this.#families.push({ heading, metric })
  }
}

/** What Prometheus calls this format. */
export const metricsType = "text/plain; version=0.0.4; charset=utf-8"

interface Kept extends Readonly<Omit<Series, "labels" | "counts">> {
  /** Upper bounds of the buckets, ascending. */
  readonly bounds: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
}

interface Series {
  readonly labels: Labels
  /** For each bound, how many values were at most so large. */
  readonly counts: Array<number>
  count: number
  sum: number
}

interface Sampled extends Readonly<Omit<Series, "counts">> {
  readonly counts: ReadonlyArray<number>
}

const samplesOf = (name: string, bounds: ReadonlyArray<number>, { count, counts, labels, sum }: Sampled) => [
  ...bounds.map((bound, i) => `${name}_bucket${written({ ...labels, le: String(bound) })} ${counts[i] ?? 0}`),
  `${name}_bucket${written({ ...labels, le: "+Inf" })} ${count}`,
  `${name}_sum${written(labels)} ${sum}`,
  `${name}_count${written(labels)} ${count}`,
]

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

const escaped = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')
