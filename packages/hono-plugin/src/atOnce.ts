import { OverloadedError } from "@facet/sdk/words"

type Parts<A> = AsyncGenerator<A, void, void>

interface Open<A> {
  readonly start: () => Parts<A>
  readonly parts: Parts<A>
  /** Gives the place back. */
  readonly release: () => void
  isBegun: boolean
  /** Its next part, whenever that comes: settled once, and never rejected. */
  next: Promise<Came<A>>
}

interface Came<A> {
  readonly open: Open<A>
  readonly outcome: { readonly result: IteratorResult<A, void> } | { readonly error: unknown }
}

/**
 * Reads several generators at once, and gives their parts as they come. The first one begins alone: what it has read,
 * such as a prompt that all share, need not be read again. One that finds no room beside the others begins when one of them
 * has ended.
 *
 * @param most how many may be open.
 * @param takeAnother takes a place for one beside the first, and gives what gives it back; undefined where there is none.
 */
export async function* atOnce<A>(
  starts: ReadonlyArray<() => Parts<A>>,
  most: number,
  takeAnother: () => (() => void) | undefined,
): Parts<A> {
  const waiting = [...starts]
  const open = new Set<Open<A>>()
  let room = 1
  try {
    while (waiting.length > 0 || open.size > 0) {
      beginMore(waiting, open, room, takeAnother)
      const { open: one, outcome } = await Promise.race([...open].map(({ next }) => next))
      if ("error" in outcome) {
        const isTurnedAway = outcome.error instanceof OverloadedError && !one.isBegun && open.size > 1
        if (!isTurnedAway) throw outcome.error
        close(one, open)
        waiting.unshift(one.start)
        room = open.size
      } else if (outcome.result.done === true) {
        close(one, open)
      } else {
        if (!one.isBegun && room === 1) room = most
        one.isBegun = true
        one.next = nextOf(one)
        yield outcome.result.value
      }
    }
  } finally {
    for (const one of open) one.release()
    await Promise.all([...open].map(({ parts }) => parts.return()))
  }
}

function beginMore<A>(
  waiting: Array<() => Parts<A>>,
  open: Set<Open<A>>,
  room: number,
  takeAnother: () => (() => void) | undefined,
): void {
  while (open.size < room || open.size === 0) {
    const [start] = waiting
    const release = open.size === 0 ? nothing : takeAnother()
    if (start === undefined || release === undefined) return release?.()
    waiting.shift()
    const one: Open<A> = { start, parts: start(), release, isBegun: false, next: never }
    one.next = nextOf(one)
    open.add(one)
  }
}

const nothing = (): void => {}
const never = new Promise<never>(nothing)

const nextOf = <A>(open: Open<A>): Promise<Came<A>> =>
  open.parts.next().then(
    (result) => ({ open, outcome: { result } }),
    (error: unknown) => ({ open, outcome: { error } }),
  )

function close<A>(one: Open<A>, open: Set<Open<A>>): void {
  open.delete(one)
  one.release()
}
