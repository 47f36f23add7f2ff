import { isNameShaped } from "./Names.ts"
import { type FileToRead, textOfFile } from "./textOfFile.ts"
import { isDataUrl, textOfUrl } from "./textOfUrl.ts"
import { wordsOfText } from "./wordsOfJson.ts"

/**
 * The words of a file, as a guard judges them: its text, and its name where that is more than a name. A file is text by
 * its media type, by its name, or since its bytes are text from beginning to end. Empty for pictures, sounds and other
 * bytes: nobody read those.
 *
 * @example
 * const words = wordsOfFile({ data: "SGVsbG8u", mediaType: "text/markdown" })
 * console.log(words) // => Hello.
 */
export function wordsOfFile({ data, mediaType, name = "" }: FileToRead): string {
  const isUrl = typeof data === "string" && isDataUrl(data)
  const text = isUrl ? textOfUrl(data) : textOfFile({ data, mediaType, name })
  return [isNameShaped(name) ? "" : name, wordsOfText(text)].filter((words) => words.trim() !== "").join("\n")
}
