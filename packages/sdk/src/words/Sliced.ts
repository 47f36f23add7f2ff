/**
 * Work on a text in slices: it stops after each for whoever wants to run something in between, and gives its result at
 * the end. A generator, not a promise: a caller who knows the text to be short runs it in one go.
 */
export type Sliced<A> = Generator<void, A, void>

/** UTF-16 units that one slice may work on: some ten milliseconds at worst. */
export const sliceLength = 4096

/** Runs all slices in one go. */
export function whole<A>(work: Sliced<A>): A {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
