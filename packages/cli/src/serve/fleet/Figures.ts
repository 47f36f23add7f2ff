/** Figures of several processes as those of one, in Prometheus' text format. */

interface Family {
  /** The lines `# HELP` and `# TYPE`. */
  readonly heading: Array<string>
  type: string
  /** By name and labels, in the order in which they came. */
  readonly samples: Map<string, number>
}

export class Figures {
  readonly #families = new Map<string, Family>()

  /**
   * Adds what a process tells. Counters and histograms are summed up; a gauge gets the label `worker`, since what one
   * process has cannot be added to what another has.
   *
   * @param worker whose they are; undefined for one that has ended, whose gauges say nothing any more
   */
  add(text: string, worker: string | undefined): void {
    let family: Family | undefined
    for (const line of text.split("\n")) {
      const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
      if (kind !== undefined) {
        family = this.#family(name)
        if (!family.heading.includes(line)) family.heading.push(line)
        if (kind === "TYPE") family.type = rest
        continue
      }
      const [, series, value] = /^(\S.*) (\S+)$/.exec(line) ?? []
      if (family === undefined || series === undefined || value === undefined) continue
      if (family.type === "gauge" && worker === undefined) continue
      const key = family.type === "gauge" ? labelled(series, worker ?? "") : series
      family.samples.set(key, (family.samples.get(key) ?? 0) + Number(value))
    }
  }

  /** All of it, as a scraper reads it. */
  text(): string {
    const lines = [...this.#families.values()].flatMap(({ heading, samples }) => [
      ...heading,
      ...Array.from(samples, ([series, value]) => `${series} ${value}`),
    ])
    return lines.map((line) => `${line}\n`).join("")
  }

  #family(name: string): Family {
    const known = this.#families.get(name)
    if (known !== undefined) return known
    const family: Family = { heading: [], type: "untyped", samples: new Map() }
    this.#families.set(name, family)
    return family
  }
}

const labelled = (series: string, worker: string): string =>
  series.endsWith("}") ? `${series.slice(0, -1)},worker="${worker}"}` : `${series}{worker="${worker}"}`
