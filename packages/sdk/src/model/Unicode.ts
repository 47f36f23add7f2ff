/**
 * The one thing that a JavaScript string can hold and a tokenizer cannot: half of a surrogate pair.
 */
import { InvalidRequestError } from "../Errors.ts"

/**
 * Checks that a text is well-formed Unicode.
 *
 * @param option - where the text came from, as its path: `prompt`, `messages[2].content`
 * @throws InvalidRequestError when it is no string or has a lone surrogate, with its place
 */
export function checkUnicode(option: string, text: unknown): asserts text is string {
  if (typeof text !== "string") {
    throw new InvalidRequestError({
      option,
      problem: `${text === null ? "null" : typeof text} where text is expected`,
      remedy: "Pass a string.",
    })
  }
  if (text.isWellFormed()) return
  const place = text.search(/\p{Surrogate}/u)
  throw new InvalidRequestError({
    option,
    problem: `not well-formed Unicode: a lone surrogate stands at index ${place}`,
    remedy: "Do not cut strings between the two halves of a character; toWellFormed() replaces what is broken.",
  })
}
