/** Whether all sides fit into memory at once: they are open side by side, since they are measured in turn. */

/** What a side takes, in sizes of its weights: read, laid out anew for the processor, and room to work. */
const sizesEach = 2.2

/**
 * @param models how many are open at once
 * @throws Error that says what is missing and what to do
 */
export function checkMemory(weightBytes: number, models: number, availableBytes: number): void {
  const needed = weightBytes * sizesEach * models
  if (needed <= availableBytes) return
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
  throw new Error(
    `${models} models of ${gigabytes(weightBytes)} need about ${gigabytes(needed)} of memory; ${gigabytes(availableBytes)} are free. Name fewer --sides, or a smaller --size.`,
  )
}
