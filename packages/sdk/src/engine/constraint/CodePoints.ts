/** Sets of Unicode code points, and what a list of sets tells apart. */

/** Closed ranges, sorted and apart from each other: `[from, to, from, to, …]`. */
export type CodePoints = ReadonlyArray<number>

const last = 0x10ffff

/** All that text may hold: half a surrogate pair is no character. */
export const everyCodePoint: CodePoints = [0, 0xd7ff, 0xe000, last]

export const codePoint = (code: number): CodePoints => [code, code]

export const codePoints = (text: string): CodePoints =>
  unionOf(Array.from(text).map((character) => codePoint(character.codePointAt(0) ?? 0)))

export function unionOf(sets: ReadonlyArray<CodePoints>): CodePoints {
  const ranges = sets.flatMap(rangesOf).toSorted(([a], [b]) => a - b)
  const merged: Array<number> = []
  for (const [from, to] of ranges) {
    const end = merged.at(-1)
    if (end !== undefined && from <= end + 1) merged[merged.length - 1] = Math.max(end, to)
    else merged.push(from, to)
  }
  // The halves of surrogate pairs lie between two ranges that would otherwise touch nothing.
  return merged
}

/** What text may hold, and this set does not. */
export function complementOf(set: CodePoints): CodePoints {
  const rest: Array<number> = []
  let from = 0
  for (const [start, end] of rangesOf(set)) {
    if (start > from) rest.push(from, start - 1)
    from = end + 1
  }
  if (from <= last) rest.push(from, last)
  return withoutSurrogates(rest)
}

export const isIn = (set: CodePoints, code: number): boolean =>
  rangesOf(set).some(([from, to]) => code >= from && code <= to)

/** The set without the halves of surrogate pairs. */
export function withoutSurrogates(set: CodePoints): CodePoints {
  const kept: Array<number> = []
  for (const [from, to] of rangesOf(set)) {
    if (from < 0xd800) kept.push(from, Math.min(to, 0xd7ff))
    if (to > 0xdfff) kept.push(Math.max(from, 0xe000), to)
  }
  return kept
}

export function rangesOf(set: CodePoints): ReadonlyArray<readonly [from: number, to: number]> {
  const ranges: Array<readonly [number, number]> = []
  for (let i = 0; i < set.length; i += 2) ranges.push([set[i] ?? 0, set[i + 1] ?? 0])
  return ranges
}

/** A run of code points that no set tells apart from its atom's others. */
export interface AtomRange {
  readonly from: number
  readonly to: number
  readonly atom: number
}

/** The coarsest parts that each of some sets is made of. */
export interface Atoms {
  readonly count: number
  /** In the order of code points; they cover {@link everyCodePoint}. */
  readonly ranges: ReadonlyArray<AtomRange>
  /** The atoms of each set. */
  readonly members: ReadonlyArray<ReadonlySet<number>>
}

export function atomsOf(sets: ReadonlyArray<CodePoints>): Atoms {
  const borders = new Set<number>([0, 0xd800, 0xe000, last + 1])
  /** Which sets begin or end at a code point. */
  const turns = new Map<number, Array<number>>()
  for (const [index, set] of sets.entries()) {
    for (const border of rangesOf(set).flatMap(([from, to]) => [from, to + 1])) {
      borders.add(border)
      turns.set(border, [...(turns.get(border) ?? []), index])
    }
  }
  const active = new Set<number>()
  const known = new Map<string, number>()
  const members = sets.map(() => new Set<number>())
  const ranges: Array<AtomRange> = []
  const sorted = [...borders].toSorted((a, b) => a - b)
  for (const [i, from] of sorted.entries()) {
    for (const index of turns.get(from) ?? []) if (!active.delete(index)) active.add(index)
    const to = (sorted[i + 1] ?? 0) - 1
    if (to < from || from === 0xd800) continue
    const key = [...active].toSorted((a, b) => a - b).join()
    const atom = known.get(key) ?? known.size
    known.set(key, atom)
    for (const index of active) members[index]?.add(atom)
    ranges.push({ from, to, atom })
  }
  return { count: known.size, ranges, members }
}
