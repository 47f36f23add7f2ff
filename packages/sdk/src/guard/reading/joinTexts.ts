/** Pieces of one text, as whoever reads them sees them joined. */

/** What stands between two pieces: a line's end where a sentence ends, nothing in the middle of one. */
export function borderOf(before: string, after: string): "" | "\n" {
  if (before === "" || /\s$/u.test(before) || /^\s/u.test(after)) return ""
  if (/[.!?…:;。！？]["'”’)\]]?$/u.test(before.slice(-2))) return "\n"
  return /^\p{Lu}/u.test(after) && !/\p{Lu}$/u.test(before.slice(-2)) ? "\n" : ""
}

/** Whether two pieces may be two words or one: some readers put them side by side, others below each other. */
const isTorn = (before: string, after: string): boolean =>
  borderOf(before, after) === "" && /[\p{L}\p{N}]$/u.test(before.slice(-2)) && /^[\p{L}\p{N}]/u.test(after)

/**
 * The texts of a message that has several, as one. Where it cannot be known whether a word was cut in two, both readings,
 * one below the other.
 *
 * @example
 * console.log(joinTexts(["You can bake a ", "cake", " from flour."])) // => You can bake a cake from flour.
 */
export function joinTexts(texts: ReadonlyArray<string>): string {
  const pieces = texts.filter((text) => text !== "")
  const glued: Array<string> = []
  let isAmbiguous = false
  for (const [place, piece] of pieces.entries()) {
    const before = pieces[place - 1] ?? ""
    glued.push(borderOf(before, piece), piece)
    isAmbiguous ||= isTorn(before, piece)
  }
  const joined = glued.join("")
  return isAmbiguous ? `${joined}\n${pieces.join("\n")}` : joined
}
