/** Addresses, and unbroken letters so long that they are a signature or bytes. */
const isNoLanguage = (text: string): boolean => /^(?:https?:\S+|[!-~]{64,})$/i.test(text)

/**
 * The strings of a JSON value that a person may read, one a line. Keys are names that a program chose, unless there is a
 * blank in them.
 */
export const wordsOf = (value: unknown): string => stringsOf(value).join("\n")

function stringsOf(value: unknown): ReadonlyArray<string> {
  if (typeof value === "string") return value === "" || isNoLanguage(value) ? [] : [value]
  if (typeof value !== "object" || value === null) return []
  if (Array.isArray(value)) return value.flatMap(stringsOf)
  return Object.entries(value).flatMap(([key, field]) => [...(/\s/.test(key) ? [key] : []), ...stringsOf(field)])
}
