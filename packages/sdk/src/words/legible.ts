/** Of what goes into a message, in UTF-16 units: file contents that get into one must not fill a screen. */
const longest = 600

/** What a terminal would obey instead of showing: control characters, and marks that turn the direction of text. */
// oxlint-disable-next-line no-control-regex
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * A message that can be shown as it is, whatever names and contents of files go into it.
 *
 * @example
 * legible`${file}: ${problem}. ${remedy}`
 */
export const legible = (words: TemplateStringsArray, ...values: ReadonlyArray<string | number>): string =>
  words.map((word, i) => word + (i < values.length ? shown(String(values[i])) : "")).join("")

function shown(value: string): string {
  const cut = value.length <= longest ? value : `${value.slice(0, longest).toWellFormed()}…`
  return cut.replaceAll(unseen, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`)
}
