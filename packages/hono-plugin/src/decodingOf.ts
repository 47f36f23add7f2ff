/** What every runtime can undo. */
export type Decoding = "gzip" | "deflate"

const decodings: Readonly<Record<string, Decoding>> = { gzip: "gzip", "x-gzip": "gzip", deflate: "deflate" }

/** How a `content-encoding` is undone: `none` when there is nothing to undo, undefined when nobody knows how. */
export function decodingOf(header: string | null | undefined): Decoding | "none" | undefined {
  const encoding = (header ?? "").trim().toLowerCase()
  return encoding === "" || encoding === "identity" ? "none" : decodings[encoding]
}
