/** A name for a response, which nothing else has. */
export const newResponseId = (): string => {
  // `crypto.randomUUID` is missing on pages without https.
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return `facet-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`
}
