/** Whether letters without a blank are words, how many, and how they read apart: in names, addresses, passwords, bytes. */
import { type Sliced, sliceLength, whole } from "../../words/Sliced.ts"

/** Where a capital letter begins a word: `howDoI`, `HTTPServer`. */
const hump = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu
const lettersInRow = /[\p{L}\p{M}]+/gu
/** Signs that stand for a blank between two words. */
const joint = /(?<=[\p{L}\p{N}\p{M}?!])[-_.+~|/\\:=,;*&·]+(?=[\p{L}\p{N}])/gu
/** A run of letters that is written as one word is. */
const cleanWord = /^\p{Lu}?\p{Ll}*$|^\p{Lu}+$/u
/** Such runs within other letters. By chance, letters of base64 make few of them. */
const cleanRun = /\p{Lu}?\p{Ll}{3,}|\p{Lu}{4,}/gu
/** So much of what is written in words is in such runs. */
const leastClean = 0.4
/** What bytes are written in: base64, hexadecimal, and their punctuation. */
const byteLetters = /^[\w+/=.:~%-]+$/
/** Shorter ones are read as words, whatever they are. */
const shortestBytes = 64

const tokensOf = (text: string): ReadonlyArray<string> =>
  text.split(/[^\p{L}\p{N}\p{M}]+/u).filter((part) => part !== "")

/** So many letters have words on the average. */
const shortestHumped = 2.5
/** So many words in a row are a sentence, whatever stands around it. */
const shortestSentence = 5
/** Letters that are padding: no word has one of them so often. */
const padding = /(.)\1{5,}/gu

/** Longer tokens are looked at in pieces: no word is. */
const longestToken = /[\p{L}\p{N}\p{M}]{1,1024}/gu

/** Whether letters without a blank are made of words rather than of chance. */
export const isLanguage = (text: string): boolean => whole(isLanguageInSlices(text))

function* isLanguageInSlices(text: string): Sliced<boolean> {
  let all = 0
  let clean = 0
  let inRow = 0
  let next = sliceLength
  for (const { 0: token, index } of text.matchAll(longestToken)) {
    if (index >= next) {
      yield
      next = index + sliceLength
    }
    all += token.length
    const varied = token.replaceAll(padding, " ")
    const isWord = cleanWord.test(varied)
    inRow = isWord ? inRow + 1 : 0
    if (inRow >= shortestSentence) return true
    if (isWord || isHumped(varied)) clean += token.length
    else for (const [run] of varied.matchAll(cleanRun)) clean += run.length
  }
  return all > 0 && clean / all >= leastClean
}

/** Whether capitals begin words in it; by chance, they stand closer together. */
const isHumped = (token: string): boolean =>
  /^\p{L}+$/u.test(token) && token.length >= shortestHumped * token.split(hump).length

/** Whether a text is bytes written in letters, a signature or a key: long, unbroken, and no language. */
export const isOpaque = (text: string, shortest = shortestBytes): boolean => whole(isOpaqueInSlices(text, shortest))

export function* isOpaqueInSlices(text: string, shortest = shortestBytes): Sliced<boolean> {
  return text.length >= shortest && byteLetters.test(text) && !(yield* isLanguageInSlices(text))
}

/** A word of Latin letters has a vowel; by chance, every second piece of an id has none. */
const vowelless = /^[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]+$/

/** Words of letters alone that were joined by signs or capitals. */
export const countWords = (text: string): number =>
  tokensOf(text)
    .flatMap((token) => (isLanguage(token) ? token.split(hump) : [token]))
    .filter((part) => /^\p{L}+$/u.test(part) && !vowelless.test(part)).length

/** What was joined by signs and capitals, with blanks; capitals that stood for a blank are small again. */
export function spelledOut(text: string): string {
  const apart = text.replace(joint, " ").replaceAll("_", " ")
  return isLanguage(apart) ? apart.replaceAll(lettersInRow, withoutHumps) : apart
}

function withoutHumps(letters: string): string {
  const words = letters.split(hump)
  if (words.length === 1) return letters
  return words.map((word) => (/^\p{Lu}\p{Ll}*$/u.test(word) ? word.toLowerCase() : word)).join(" ")
}
