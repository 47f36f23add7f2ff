/** What names say that stand one after the other, where each of them alone is nobody's words. */
import { countWords } from "./Language.ts"
import { expectsName, isNameShaped } from "./Names.ts"
import type { StringAt } from "./stringsOf.ts"

/** Names that are words: no digits, no dots, no slashes, as ids, versions and media types have. */
const words = /^[A-Za-z]{1,20}(?:[_-][A-Za-z]{1,20})*$/
const word = /^[A-Za-z]+$/
/** So many words are a sentence, however they are cut. */
const leastWords = 5
/** Values out of a protocol's own list: only single words in a row are more than that. */
const listed = new Set(["type", "role", "object", "event", "kind", "state", "status", "finish_reason", "finishReason"])

/** Gathers the names of a JSON value by their keys, as a reader of a list sees those of its elements below each other. */
export class NameRuns {
  readonly #runs = new Map<string, Array<string>>()

  add({ isKey, key, text }: Pick<StringAt, "isKey" | "key" | "text">): void {
    if (isKey || !expectsName(key) || !isNameShaped(text) || !words.test(text)) return
    const run = this.#runs.get(key)
    if (run === undefined) this.#runs.set(key, [text])
    // A name that comes again and again is one.
    else if (run.at(-1) !== text) run.push(text)
  }

  /** Those that are sentences, one a line, and forgets them. */
  take(): ReadonlyArray<string> {
    const lines = [...this.#runs].flatMap(([key, run]) => (isSentence(key, run) ? [run.join(" ")] : []))
    this.#runs.clear()
    return lines
  }
}

function isSentence(key: string, run: ReadonlyArray<string>): boolean {
  if (run.length < 2) return false
  const different = [...new Set(run)]
  return listed.has(key)
    ? different.filter((name) => word.test(name)).length >= leastWords
    : countWords(different.join(" ")) >= leastWords
}
