/**
 * Contents of a chat where its template puts them. The template sees placeholders in their place, so that it can lend them
 * none of its control tokens.
 */
import type { TemplatePart } from "../words/TemplatePart.ts"
import type { Tokenizer } from "./Tokenizer.ts"

/** A private-use character that no template uses. */
const MARK = "\u{F0000}"

/** A space that no template writes, around each placeholder: whether it is still there says what the template trims. */
const PADDING = "\u2003"

const PLACEHOLDER = new RegExp(`(${PADDING}?)${MARK}(\\d+)${MARK}(${PADDING}?)`, "gu")

/** What a template is given in place of a content. */
export const placeholder = (index: number): string => `${PADDING}${MARK}${index}${MARK}${PADDING}`

/**
 * @param contents what the placeholders of 0, 1, … stand for.
 * @param rendered what the template made of them.
 * @param isOpen whether it is meant up to the end of the last content, which is not trimmed there.
 * @returns undefined when the template does not write each once and in order.
 */
export function fillIn(
  tokenizer: Tokenizer,
  contents: ReadonlyArray<string>,
  rendered: string,
  isOpen: boolean,
): ReadonlyArray<TemplatePart> | undefined {
  const last = contents.length - 1
  const order: Array<number> = []
  const parts = tokenizer.splitAtControls(isOpen ? upTo(rendered, last) : rendered).map((part) => {
    if (typeof part !== "string") return part
    return part.replaceAll(PLACEHOLDER, (_, before: string, digits: string, after: string) => {
      const index = Number(digits)
      order.push(index)
      const content = contents[index] ?? ""
      return stripEnd(stripStart(content, before === ""), after === "" && !(isOpen && index === last))
    })
  })
  const isComplete = order.length === contents.length && order.every((index, place) => index === place)
  return isComplete ? parts : undefined
}

/** A rendered chat up to the end of one of its contents. */
function upTo(rendered: string, index: number): string {
  const mark = `${MARK}${index}${MARK}`
  const start = rendered.lastIndexOf(mark)
  return start < 0 ? rendered : rendered.slice(0, start + mark.length)
}

/** What Python's `str.strip` takes for white space, in whose words templates are written. */
const SPACE = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]"
const LEADING = new RegExp(`^${SPACE}+`, "u")

export const stripStart = (text: string, isTrimmed: boolean): string => (isTrimmed ? text.replace(LEADING, "") : text)

/** From behind, by hand: a pattern for it takes quadratic time. */
export function stripEnd(text: string, isTrimmed: boolean): string {
  let end = text.length
  while (isTrimmed && end > 0 && LEADING.test(text[end - 1]!)) end--
  return text.slice(0, end)
}
