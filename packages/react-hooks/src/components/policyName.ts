/**
 * A policy's id in words. Ids are words joined by underscores; names of one's own go first.
 *
 * @example
 * policyName("dangerous_content") // => "Dangerous content"
 */
export function policyName(id: string, names: Readonly<Record<string, string>> = {}): string {
  if (Object.hasOwn(names, id)) return names[id] ?? id
  const words = id.replaceAll(/[_-]+/g, " ").trim()
  return words === "" ? id : words.charAt(0).toUpperCase() + words.slice(1)
}
