/** What is printed and written: one run's figures, and where they are from. */
import type { Failure, Figures } from "./compare.ts"
import type { Costs } from "./floors.ts"
import type { PeerOptions } from "./readOptions.ts"
import type { Processor } from "./processor.ts"
import type { Speeds } from "./probe.ts"
import type { Row } from "./rows.ts"
import { ratioOf, type Summary, summaryOf } from "./Statistics.ts"
import type { SideName } from "./Task.ts"

export interface Circumstances {
  readonly date: string
  readonly processor: Processor
  readonly node: string
  readonly model: string
  readonly options: Pick<PeerOptions, "block" | "clock" | "contexts" | "minutes" | "rounds" | "size" | "threads">
  readonly speeds: Speeds
  readonly sides: Readonly<Partial<Record<SideName, { readonly settings: string; readonly version: string }>>>
}

export interface ReportedRow {
  readonly title: string
  readonly unit: Row["unit"]
  readonly floor: number | null
  readonly sides: Readonly<Partial<Record<SideName, Summary & { readonly figures: ReadonlyArray<number> }>>>
  /** The peer's figure divided by Facet's, by peer. */
  readonly ratios: Readonly<Partial<Record<SideName, Omit<Summary, "best">>>>
}

export interface Report extends Circumstances {
  readonly rows: ReadonlyArray<ReportedRow>
  /** What was not measured, and why. */
  readonly leftOut: ReadonlyArray<Failure>
}

export function reportOf(
  circumstances: Circumstances,
  measured: { readonly rows: ReadonlyArray<Row>; readonly figures: Figures; readonly costs: Costs },
  leftOut: ReadonlyArray<Failure>,
): Report {
  const { costs, figures, rows } = measured
  return {
    ...circumstances,
    rows: rows.flatMap((row): ReadonlyArray<ReportedRow> => {
      const bySide = figures.get(row)
      if (bySide === undefined) return []
      const ours = bySide.get("facet") ?? []
      const sides: Record<string, Summary & { readonly figures: ReadonlyArray<number> }> = {}
      const ratios: Record<string, Omit<Summary, "best">> = {}
      for (const [side, own] of bySide) {
        const summary = summaryOf(own)
        if (summary !== undefined) sides[side] = { ...summary, figures: own.map(({ value }) => value) }
        const ratio = side === "facet" ? undefined : ratioOf(ours, own)
        if (ratio !== undefined) ratios[side] = ratio
      }
      const floor = row.floor?.(costs, circumstances.speeds) ?? null
      return [{ title: row.title, unit: row.unit, floor, sides, ratios }]
    }),
    leftOut,
  }
}

/** As a page shows it. */
export function markdownOf(report: Report): string {
  const { date, model, node, options, processor, rows, sides, speeds } = report
  // Every key was put there as a side's name.
  const names = Object.keys(sides) as ReadonlyArray<SideName>
  const peers = names.filter((name) => name !== "facet")
  const others = report.leftOut.map(({ problem, what }) => `- left out: ${what}: ${problem}`)
  const disturbed = rows.some((row) => names.some((name) => row.sides[name]?.disturbed === true))
  return [
    `${date}, ${processor.name}, ${processor.cores} cores, ${processor.instructions.join(", ") || "no instruction sets known"}, ${gigabytes(processor.memoryBytes)} of memory; Node ${node}; ${options.threads === 1 ? "1 thread" : `${options.threads} threads`} a side.`,
    `Memory gives ${(speeds.bytesPerSecond / 1e9).toFixed(1)} GB/s, int8 products ${(speeds.int8PerSecond / 1e9).toFixed(0)} GMAC/s (one call each; the floors follow from them). Model: ${model}, 4 bits, Facet's in blocks of ${options.block}.`,
    ...(options.clock === "cpu" ? ["", cpuNote] : []),
    "",
    ...names.map((name) => `- ${name} ${sides[name]?.version}: ${sides[name]?.settings}`),
    ...others,
    "",
    line(["best / median", "unit", ...names, ...peers.map((peer) => `ratio to ${peer}`), "floor"]),
    line(["---", "---", ...names.map(() => "---:"), ...peers.map(() => "---:"), "---:"]),
    ...rows.map((row) =>
      line([
        row.title,
        row.unit,
        ...names.map((name) => pair(row.sides[name])),
        ...peers.map((peer) => ratio(row.ratios[peer])),
        row.floor === null ? "" : number(row.floor),
      ]),
    ),
    "",
    "A ratio is the peer's figure divided by Facet's, the median over the rounds: above 1 Facet is faster, or smaller.",
    ...(disturbed ? ["°: other work took more than a tenth of the processor in every round."] : []),
    "",
  ].join("\n")
}

const cpuNote =
  "Times are those that each side's process was at work, not the wall's: other work on the machine does not lengthen them, but it shares caches and memory's speed."

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const pair = (summary: Summary | undefined): string =>
  summary === undefined ? "" : `${number(summary.best)} / ${number(summary.median)}${summary.disturbed ? "°" : ""}`

const ratio = (summary: Omit<Summary, "best"> | undefined): string =>
  summary === undefined ? "" : `${summary.median.toFixed(2)}${summary.disturbed ? "°" : ""}`

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

/** Three digits that count. */
export const number = (value: number): string =>
  value === 0 ? "0" : value >= 100 ? value.toFixed(0) : value.toPrecision(3)
