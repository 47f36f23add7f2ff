/**
 * SHA-256 of bytes that arrive piece by piece (FIPS 180-4). The browser's own `crypto.subtle.digest` takes whole
 * messages only, and a model does not fit into memory twice.
 */

/** The first 32 bits of the fractional parts of `root(prime)`. */
const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0

const primes: ReadonlyArray<number> = Array.from({ length: 310 }, (_, i) => i + 2)
  .filter((n) => !Array.from({ length: n }, (_, i) => i).some((d) => d > 1 && d * d <= n && n % d === 0))
  .slice(0, 64)

const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))
const start = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))

const blockBytes = 64
const schedule = new Int32Array(64)

/** A hash under way. */
export class Sha256 {
  readonly #state = start.slice()
  /** Bytes that do not fill a block yet. */
  readonly #rest = new Uint8Array(blockBytes)
  #length = 0

  update(bytes: Uint8Array): void {
    let at = 0
    const filled = this.#length % blockBytes
    this.#length += bytes.length
    if (filled > 0) {
      at = Math.min(blockBytes - filled, bytes.length)
      this.#rest.set(bytes.subarray(0, at), filled)
      if (filled + at < blockBytes) return
      compress(this.#state, new DataView(this.#rest.buffer), 0)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (; at + blockBytes <= bytes.length; at += blockBytes) compress(this.#state, view, at)
    this.#rest.set(bytes.subarray(at))
  }

  /** The hash of everything so far, in hexadecimal; more may follow. */
  hex(): string {
    const state = this.#state.slice()
    const filled = this.#length % blockBytes
    const tail = new Uint8Array(filled < blockBytes - 8 ? blockBytes : 2 * blockBytes)
    tail.set(this.#rest.subarray(0, filled))
    tail[filled] = 0x80
    const view = new DataView(tail.buffer)
    view.setBigUint64(tail.length - 8, BigInt(this.#length) * 8n)
    for (let at = 0; at < tail.length; at += blockBytes) compress(state, view, at)
    return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("")
  }
}

// Indices below are within the fixed lengths of these arrays, which the compiler does not know.
function compress(state: Int32Array, view: DataView, at: number): void {
  const w = schedule
  for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + 4 * t)
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!
    const y = w[t - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const first = (h + s1 + ((e & f) ^ (~e & g)) + constants[t]! + w[t]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}
