/** What becomes of the rounds' figures. */
import type { Measured } from "./startSide.ts"

/** A figure of one round, and whether others used the processor meanwhile. */
export interface Figure {
  readonly round: number
  readonly value: number
  readonly disturbed: boolean
}

/** Above this share of other work a figure says little of the side. */
export const mostDisturbance = 0.1

export const figureOf = (round: number, { disturbance, sample }: Measured, key: string): Figure | undefined => {
  const value = sample[key]
  if (value === undefined || !Number.isFinite(value)) return undefined
  return { round, value, disturbed: disturbance !== undefined && disturbance > mostDisturbance }
}

export interface Summary {
  readonly best: number
  readonly median: number
  /** Rounds that they are of. */
  readonly rounds: number
  /** Whether no round was without other work, so that disturbed ones had to do. */
  readonly disturbed: boolean
}

/** Of the undisturbed figures, or of all where there is none. */
export function summaryOf(figures: ReadonlyArray<Figure>): Summary | undefined {
  const { disturbed, figures: taken } = calm(figures)
  if (taken.length === 0) return undefined
  const values = taken.map(({ value }) => value)
  return { best: Math.min(...values), median: medianOf(values), rounds: values.length, disturbed }
}

/** The median, over the rounds, of the peer's figure divided by ours: above 1, ours is the smaller. */
export function ratioOf(ours: ReadonlyArray<Figure>, peers: ReadonlyArray<Figure>): Omit<Summary, "best"> | undefined {
  const pairs = ours.flatMap((own): ReadonlyArray<Figure> => {
    const peer = peers.find(({ round }) => round === own.round)
    if (peer === undefined) return []
    return [{ round: own.round, value: peer.value / own.value, disturbed: own.disturbed || peer.disturbed }]
  })
  const { disturbed, figures: taken } = calm(pairs)
  if (taken.length === 0) return undefined
  return { median: medianOf(taken.map(({ value }) => value)), rounds: taken.length, disturbed }
}

function calm(figures: ReadonlyArray<Figure>) {
  const undisturbed = figures.filter(({ disturbed }) => !disturbed)
  return undisturbed.length > 0
    ? { figures: undisturbed, disturbed: false }
    : { figures, disturbed: figures.length > 0 }
}

/** The middle one; of an even number the mean of the middle two. */
export function medianOf(values: ReadonlyArray<number>): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}
