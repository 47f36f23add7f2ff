/**
 * SHA-256 of bytes that arrive piece by piece. The browser's own `crypto.subtle.digest` takes whole messages only, and a
 * model does not fit into memory twice.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex } from "@noble/hashes/utils.js"

/** A hash under way. */
export class Sha256 {
  readonly #hash = sha256.create()

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** The hash of everything so far, in hexadecimal; more may follow. */
  hex(): string {
    return bytesToHex(this.#hash.clone().digest())
  }
}
