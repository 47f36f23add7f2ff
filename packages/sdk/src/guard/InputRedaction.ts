/** What came in, said without what a judge cuts out of it. */
import { expectsName } from "./reading/Names.ts"
import { isAddress } from "./reading/textOfUrl.ts"
import { parseJson } from "../words/Json.ts"
import type { PromptReadings } from "../words/promptReadings.ts"

/** What a text that holds something wrong says without it, by the text. */
export type SaidOtherwise = ReadonlyMap<string, string>

/**
 * How an input is said otherwise. What is left is judged as a whole once more, so that whatever these strings are not all of, such
 * as what is in a file, in an encoded address, or cut in two, is found there, and blocks.
 */
export interface InputRedaction {
  /** The strings of the input that may be written anew, each as it stands there; {@link isWritable} says of which JSON has. */
  readonly strings: ReadonlyArray<string>
  /** Writes them, and gives what is then to be judged. The source, which is begun afterwards, reads what was written. */
  readonly rewrite: (said: SaidOtherwise) => PromptReadings | Promise<PromptReadings>
}

/**
 * Whether the string of a field may be written anew: not what names something to a program, and no address, which would lead
 * elsewhere.
 *
 * @example
 * console.log(isWritable("id", "jane@example.com"), isWritable("content", "I am jane@example.com.")) // => false true
 */
export const isWritable = (key: string, text: string): boolean => !expectsName(key) && !isAddress(text.trim())

/** A string without what is cut out of it; the same where it is JSON that would be none without. */
export function saidOtherwise(text: string, said: SaidOtherwise): string {
  const other = said.get(text)
  if (other === undefined) return text
  return /^\s*[[{]/.test(text) && parseJson(text) !== undefined && parseJson(other) === undefined ? text : other
}
