/** A vocabulary of letters, with the few words that a guard needs. */
const words: Readonly<Record<string, number>> = {
  Yes: 7,
  No: 8,
  "<bos>": 2,
  "<start_of_turn>": 106,
  "<end_of_turn>": 107,
}
const offset = 1000

export const wordIds = words

/** @param isControl whether a text that spells a control token is that token. */
export function idsOfText(text: string, isControl: boolean): ReadonlyArray<number> {
  const word = Object.hasOwn(words, text) && (isControl || !text.startsWith("<")) ? words[text] : undefined
  return word === undefined ? Array.from(text, (letter) => offset + (letter.codePointAt(0) ?? 0)) : [word]
}

/** Without control tokens. */
export const textOfIds = (ids: ReadonlyArray<number>): string =>
  ids.map((id) => (id < offset ? "" : String.fromCodePoint(id - offset))).join("")
