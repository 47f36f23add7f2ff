/** How late the event loop is: what an app feels while something else is at work. */

const dueMs = 5

/**
 * Watches from now until the result is called.
 *
 * @returns how late a timer came that was due every 5 ms: the 99th percentile, in milliseconds
 */
export function watchLag(): () => number {
  const late: Array<number> = []
  let last = performance.now()
  const look = (): void => {
    const now = performance.now()
    late.push(Math.max(0, now - last - dueMs))
    last = now
  }
  const timer = setInterval(look, dueMs)
  return () => {
    clearInterval(timer)
    // What is still late counts, too.
    look()
    const sorted = late.toSorted((a, b) => a - b)
    return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0
  }
}
