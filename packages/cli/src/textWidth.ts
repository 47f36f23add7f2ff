/** How wide text is on a terminal, and making it fit. */

const segmenter = new Intl.Segmenter()
const eastAsian = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u
const emoji = /\p{Emoji_Presentation}|\ufe0f/u

const characters = (text: string): ReadonlyArray<string> =>
  Array.from(segmenter.segment(text), ({ segment }) => segment)

const characterWidth = (character: string): number => (eastAsian.test(character) || emoji.test(character) ? 2 : 1)

export const textWidth = (text: string): number =>
  characters(text).reduce((width, character) => width + characterWidth(character), 0)

/** Cuts what is too wide, and says so with an ellipsis. */
export function fit(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let kept = ""
  let used = 1
  for (const character of characters(text)) {
    used += characterWidth(character)
    if (used > width) break
    kept += character
  }
  return `${kept}…`
}

export const padEnd = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - textWidth(text)))

/**
 * Characters that steer a terminal become visible: a text that somebody else wrote must not move the cursor.
 *
 * @param lines whether line ends and tabs become visible too
 */
export const visible = (text: string, lines: boolean): string =>
  text.replace(/\p{Cc}/gu, (character) => {
    if (character === "\n") return lines ? "↵" : character
    if (character === "\t") return lines ? "⇥" : character
    const code = character.codePointAt(0) ?? 0
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : "�"
  })
