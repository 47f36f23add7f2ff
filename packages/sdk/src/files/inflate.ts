/** Deflated bytes (RFC 1951), as a zip holds them. */

/** Inflates the beginning of a deflated stream, `most` bytes at most: what it claims to hold is not taken on trust. */
export async function inflate(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const whole = new Uint8Array(most)
  const reader = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader()
  let filled = 0
  try {
    while (filled < most) {
      const { done, value } = await reader.read()
      if (done) break
      const fitting = value.subarray(0, most - filled)
      whole.set(fitting, filled)
      filled += fitting.length
    }
  } catch {
    // The stream is damaged, or goes on after what was given of it: what has come is checked by whoever asked.
  }
  await reader.cancel().catch(() => undefined)
  return whole.subarray(0, filled)
}
