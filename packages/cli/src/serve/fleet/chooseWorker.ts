/** A worker that may be asked. */
export interface Candidate {
  readonly id: number
  /** Requests that it has under way. */
  readonly running: number
}

export interface Choice<W extends Candidate> {
  readonly worker: W
  /** What decided: what the worker has read, or how little it has to do. */
  readonly by: "prefix" | "load"
}

/**
 * Chooses who answers: whoever has read most of the prompt, unless he has so much more to do than the least busy one that it is
 * faster to read it anew. Each piece that need not be read again is worth waiting for one request more, up to the slack: so a
 * long conversation stays where it is, and a short opening that everybody has in common keeps nobody waiting.
 *
 * @param matched pieces of the prompt that each has read, by its id
 * @param slack how many requests more than the least busy one's may be under way where the prefix is
 * @returns undefined where there are no workers
 */
export function chooseWorker<W extends Candidate>(
  workers: ReadonlyArray<W>,
  matched: ReadonlyMap<number, number>,
  slack: number,
): Choice<W> | undefined {
  const readBy = ({ id }: W): number => matched.get(id) ?? 0
  const [least] = workers.toSorted((a, b) => a.running - b.running || readBy(b) - readBy(a))
  const [most] = workers.toSorted((a, b) => readBy(b) - readBy(a) || a.running - b.running)
  if (least === undefined || most === undefined) return undefined
  if (readBy(most) === 0) return { worker: least, by: "load" }
  const spared = readBy(most) - readBy(least)
  const isNear = most.running - least.running < Math.min(slack, spared + 1)
  return isNear || most === least ? { worker: most, by: "prefix" } : { worker: least, by: "load" }
}
