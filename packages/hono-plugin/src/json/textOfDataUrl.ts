/** The text in a `data:` address; undefined when it holds something other than text. */
export function textOfDataUrl(url: string): string | undefined {
  const match = /^data:([^,;]*)((?:;[^,;]*)*),(.*)$/is.exec(url.trim())
  if (match === null) return undefined
  const [, mediaType = "", parameters = "", payload = ""] = match
  if (!isTextType(mediaType)) return undefined
  try {
    if (!/;base64$/i.test(parameters)) return decodeURIComponent(payload)
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0))
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    // What cannot be decoded is read as it stands.
    return payload
  }
}

/** Media types that people read as text; without one, RFC 2397 says `text/plain`. */
export const isTextType = (mediaType: string): boolean =>
  mediaType === "" ||
  /^text\/|^application\/(x-)?(javascript|xml|yaml|json|x-ndjson|jsonl)$|\+(json|xml)$/i.test(mediaType)
