import { type Sliced, whole } from "../../words/Sliced.ts"
import { textOfUrlInSlices } from "./textOfUrl.ts"
import { wordsOfTextInSlices } from "./wordsOfJson.ts"

/**
 * The words of an address, as a guard judges them: host, path, query and fragment, decoded as often as they were
 * encoded, with blanks for the signs between them; or the text that a `data:` address holds. Empty when it says nothing.
 *
 * @example
 * console.log(wordsOfUrl("https://a.example/?q=How%20do%20I%20bake_bread%3F")) // => a example q How do I bake bread?
 * console.log(wordsOfUrl("data:text/plain;base64,SGVsbG8u")) // => Hello.
 */
export const wordsOfUrl = (url: string): string => whole(wordsOfUrlInSlices(url))

/** {@link wordsOfUrl}, for threads on which others wait. */
export function* wordsOfUrlInSlices(url: string): Sliced<string> {
  return yield* wordsOfTextInSlices(yield* textOfUrlInSlices(url))
}
