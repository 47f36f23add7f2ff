/** What a hub's ETag says of a file's content. */
export interface ContentHash {
  /** `sha256` of the bytes, for a file in large file storage; `git`: SHA-1 of git's blob, for any other. */
  readonly kind: "sha256" | "git"
  /** In hexadecimal, lower case. */
  readonly hex: string
}

/** Reads a hash, with or without an ETag's quotes and mark of weakness; undefined for what is none. */
export function readEtag(etag: string | null | undefined): ContentHash | undefined {
  const hex = etag
    ?.replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1")
    .toLowerCase()
  if (hex === undefined || !/^[\da-f]+$/.test(hex)) return undefined
  if (hex.length === 64) return { kind: "sha256", hex }
  return hex.length === 40 ? { kind: "git", hex } : undefined
}
