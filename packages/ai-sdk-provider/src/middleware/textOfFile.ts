import type { SharedV4FileData } from "@ai-sdk/provider"

/** Media types whose bytes are text that people read. */
const isText = (mediaType: string): boolean =>
  /^text\/|^application\/(?:json|xml|yaml|javascript|x-ndjson)|\+(?:json|xml)/i.test(mediaType)

/** What is written in a file; empty for pictures, sounds, and files that lie elsewhere. */
export function textOfFile({
  data,
  mediaType,
}: {
  readonly data: SharedV4FileData
  readonly mediaType: string
}): string {
  if (data.type === "text") return data.text
  if (data.type !== "data" || !isText(mediaType)) return ""
  return typeof data.data === "string" ? decoded(data.data) : new TextDecoder().decode(data.data)
}

/** What is no base64 is read as it stands. */
function decoded(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)))
  } catch {
    return base64
  }
}
