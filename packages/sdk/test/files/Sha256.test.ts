import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { Sha256 } from "../../src/files/Sha256.ts"

const reference = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

test("is SHA-256 for every length around the block's, however the bytes arrive", () => {
  for (let length = 0; length <= 260; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7 + length)
    for (const step of [1, 7, 63, 64, 65, 300]) {
      const hash = new Sha256()
      for (let at = 0; at < length; at += step) hash.update(bytes.subarray(at, at + step))
      expect(hash.hex(), `${length} bytes, ${step} at a time`).toBe(reference(bytes))
    }
  }
})

test("goes on after its value was read", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i)
  const hash = new Sha256()
  for (let at = 0; at < 1000; at += 10) {
    hash.update(bytes.subarray(at, at + 10))
    expect(hash.hex()).toBe(reference(bytes.subarray(0, at + 10)))
  }
})
