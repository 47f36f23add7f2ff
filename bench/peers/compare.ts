/** The sides in turn, round by round, as long as there is time. */
import type { Row, Work } from "./rows.ts"
import { type Figure, figureOf } from "./Statistics.ts"
import type { Measured, RunningSide } from "./startSide.ts"
import type { TaskMaker } from "./TaskMaker.ts"
import type { SideName } from "./Task.ts"

/** The figures of each row, by side. */
export type Figures = Map<Row, Map<SideName, ReadonlyArray<Figure>>>

export interface Failure {
  readonly what: string
  readonly problem: string
}

export interface Plan {
  readonly works: ReadonlyArray<Work>
  readonly rounds: number
  /** When the last work must have ended, by `performance.now()`. */
  readonly deadline: number
  readonly maker: TaskMaker
  readonly report: (line: string) => void
}

/** Notes what a side measured. */
export function note(figures: Figures, rows: ReadonlyArray<Row>, at: { side: SideName; round: number }, it: Measured) {
  for (const row of rows) {
    const figure = figureOf(at.round, it, row.key)
    if (figure === undefined) continue
    const bySide = figures.get(row) ?? new Map<SideName, ReadonlyArray<Figure>>()
    bySide.set(at.side, [...(bySide.get(at.side) ?? []), { ...figure, value: figure.value * (row.scale ?? 1) }])
    figures.set(row, bySide)
  }
}

/**
 * Fills `figures`. A work that would not end in time is left out, and so is one that a side failed at before: on that
 * side alone.
 *
 * @returns what failed, and what there was no time for
 */
export async function compare(
  sides: ReadonlyArray<RunningSide>,
  figures: Figures,
  { deadline, maker, report, rounds, works }: Plan,
): Promise<ReadonlyArray<Failure>> {
  const failures = new Map<string, Failure>()
  const took = new Map<Work, number>()
  for (let round = 0; round < rounds; round++) {
    let any = false
    for (const [at, work] of works.entries()) {
      const startedAt = performance.now()
      if (startedAt + (took.get(work) ?? 0) > deadline) continue
      any = true
      const task = work.make(maker, round * 1000 + at * 20)
      // Who is first changes from round to round.
      for (const side of rotated(sides, round)) {
        const what = `${side.name}: ${work.name}`
        if (failures.has(what)) continue
        report(`round ${round + 1}, ${what}`)
        try {
          note(figures, work.rows, { side: side.name, round }, await side.measure(task, work.lag))
        } catch (error) {
          failures.set(what, { what, problem: error instanceof Error ? error.message : String(error) })
        }
      }
      took.set(work, Math.max(took.get(work) ?? 0, performance.now() - startedAt))
    }
    if (!any) break
  }
  const late = works.filter((work) => !took.has(work))
  return [
    ...failures.values(),
    ...late.map(({ name }) => ({ what: name, problem: "no time was left: more --minutes" })),
  ]
}

const rotated = <A>(all: ReadonlyArray<A>, by: number): ReadonlyArray<A> => [
  ...all.slice(by % all.length),
  ...all.slice(0, by % all.length),
]
