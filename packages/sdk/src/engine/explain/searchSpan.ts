/**
 * Which words to hide, one stretch after the other, to find those that a verdict hangs on in few runs. First one half and then
 * the other, and where neither is enough the half in the middle; in the half whose hiding leaves less, where that is enough, or
 * else in all, words are then let be seen again from the right and from the left in turn, in steps that halve where too much was
 * shown. What is hidden in the end is enough, and neither of its ends can be spared.
 */

/** Words from the one at `from` to the one before `to`. */
export interface WordSpan {
  readonly from: number
  readonly to: number
}

/**
 * Asks for the stretches to be tried, and is told P(violation) of what is left of each.
 *
 * @param words how many there are
 * @param threshold a stretch is enough when what is left stays below it; all words are taken to be
 */
export function* searchSpan(words: number, threshold: number): Generator<WordSpan, void, number> {
  if (words < 2) return
  const half = Math.ceil(words / 2)
  const halves = [
    { from: 0, to: half },
    { from: half, to: words },
  ] as const
  const left = [yield halves[0], yield halves[1]] as const
  const least = Math.min(...left)
  let span: WordSpan = { from: 0, to: words }
  if (least < threshold) span = halves[left.indexOf(least) === 0 ? 0 : 1]
  else if (words > 3) {
    const middle = { from: Math.floor(half / 2), to: Math.floor(half / 2) + half }
    if ((yield middle) < threshold) span = middle
  }
  const third = Math.max(1, Math.round((span.to - span.from) / 3))
  const steps = { right: third, left: third }
  while (steps.right + steps.left > 0) {
    for (const side of ["left", "right"] as const) {
      const step = Math.min(steps[side], span.to - span.from - 1)
      if (step === 0) {
        steps[side] = 0
        continue
      }
      const next = side === "right" ? { from: span.from, to: span.to - step } : { from: span.from + step, to: span.to }
      if ((yield next) < threshold) span = next
      else steps[side] = Math.floor(step / 2)
    }
  }
}

/** A stretch that was tried. */
export interface Tried extends WordSpan {
  /** P(violation) of the rest. */
  readonly without: number
  /** What the stretch adds to the logit. */
  readonly effect: number
}

/**
 * The shortest without which a content stays below the threshold. Where none is enough, the one that adds most for its size,
 * by the square, so that few words which add much come before many that add little more.
 */
export function chooseSpan<T extends Tried>(tried: ReadonlyArray<T>, threshold: number): T | undefined {
  const size = ({ from, to }: WordSpan): number => to - from
  const enough = tried.filter(({ without }) => without < threshold)
  const weight = (span: T): number => span.effect / size(span) ** 2
  const [first] =
    enough.length > 0
      ? enough.toSorted((a, b) => size(a) - size(b) || a.without - b.without)
      : tried.toSorted((a, b) => weight(b) - weight(a))
  return first
}
