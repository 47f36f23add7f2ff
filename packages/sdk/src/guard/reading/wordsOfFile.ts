import { type Sliced, whole } from "../../words/Sliced.ts"
import { isNameShaped } from "./Names.ts"
import { type FileToRead, textOfFileInSlices } from "./textOfFile.ts"
import { isDataUrl, textOfUrlInSlices } from "./textOfUrl.ts"
import { wordsOfTextInSlices } from "./wordsOfJson.ts"

/**
 * The words of a file, as a guard judges them: its text, and its name where that is more than a name. A file is text by
 * its media type, by its name, or since its bytes are text from beginning to end. Empty for pictures, sounds and other
 * bytes: nobody read those.
 *
 * @example
 * const words = wordsOfFile({ data: "SGVsbG8u", mediaType: "text/markdown" })
 * console.log(words) // => Hello.
 */
export const wordsOfFile = (file: FileToRead): string => whole(wordsOfFileInSlices(file))

/** {@link wordsOfFile}, for threads on which others wait. */
export function* wordsOfFileInSlices({ data, mediaType, name = "" }: FileToRead): Sliced<string> {
  const isUrl = typeof data === "string" && isDataUrl(data)
  const text = yield* isUrl ? textOfUrlInSlices(data) : textOfFileInSlices({ data, mediaType, name })
  const words = yield* wordsOfTextInSlices(text)
  return [isNameShaped(name) ? "" : name, words].filter((words) => words.trim() !== "").join("\n")
}
