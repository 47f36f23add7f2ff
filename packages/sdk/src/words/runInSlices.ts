import type { Sliced } from "./Sliced.ts"

/** So long a thread may work before others have their turn, in milliseconds. */
const mostAtOnce = 2

/** Whether the place has a way to wait for others that costs nothing: Node, Deno and Bun do. */
const immediate: unknown = Reflect.get(globalThis, "setImmediate")

/** Until the events that wait have been seen to. */
export const waitForOthers = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof immediate === "function") immediate(resolve)
    else setTimeout(resolve, 0)
  })

/** Runs work on a text slice by slice, on a thread that others need, too: an app's, or a page's. */
export async function runInSlices<A>(work: Sliced<A>): Promise<A> {
  let since = performance.now()
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    if (performance.now() - since < mostAtOnce) continue
    await waitForOthers()
    since = performance.now()
  }
}
