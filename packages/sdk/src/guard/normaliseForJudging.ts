/** What a guard reads: the same words without the tricks that hide them. What goes out is the original. */

import { type Sliced, whole } from "../words/Sliced.ts"
import { withoutBlanksRead } from "./reading/textOfUrl.ts"

/** Characters that nobody sees: zero-width, soft hyphen, direction controls, variation selectors, tags, controls. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const invisible = /\p{Default_Ignorable_Code_Point}|[\0-\x08\x0e-\x1f\x7f-\x9f]/gu

/** Those of them that ASCII has. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const control = /[\0-\x08\x0e-\x1f\x7f]/g

/**
 * Cyrillic, Greek and Armenian letters that look like Latin ones. Source: Unicode Technical Standard #39, confusables.txt,
 * the single letters of modern alphabets.
 */
const lookalikes = new Map(
  [
    ["авсԁеһіјкӏморԛѕтуѵԝхАВСЕНІЈКМОРЅТУХԜӀ", "abcdehijklmopqstyvwxABCEHIJKMOPSTYXWI"],
    ["αβγεηικνορτυχωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abyenikvoptuxwABEZHIKMNOPTYX"],
    ["օոսհցıɡɑʏ", "onuhgigay"],
  ].flatMap(([letters = "", latins = ""]) => Array.from(letters, (letter, i) => [letter, latins.charAt(i)] as const)),
)

const word = /\p{L}[\p{L}\p{M}]*/gu
const latin = /\p{Script=Latin}/u

/** Marks that are drawn over a letter, such as the strike-through. */
const overlay = /[\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20dd-\u20e0\u20e2-\u20e6\u20ea\u20eb]/g
/** Both, of a whole text. */
const unseen = new RegExp(`${invisible.source}|${overlay.source}`, "gu")
/** Marks that no letter of an alphabet has: what NFKC could not make one letter of. */
const looseMarks = /(\p{Script=Latin})(\p{M}+)/gu

/** Three or more single letters with the same sign between them: "b.o.m.b", "k - i - l - l". */
const splitWord = /(?<![\p{L}\p{N}])\p{L}([^\S\n]?[^\p{L}\p{N}\p{M}\s][^\S\n]?)\p{L}(?:\1\p{L})+(?![\p{L}\p{N}\p{M}])/gu
/** Single letters with nothing but blanks or lines between them. */
const spacedLetters = /(?<![\p{L}\p{N}])\p{L}(?:\s{1,8}\p{L}(?![\p{L}\p{M}\p{N}]))+/gu
/** More tricks on top of each other than these are not undone. */
const mostLayers = 8
/** Blanks of any width and kind within a line. */
const blank = /[^\S\n]+/gu
/** So many words below each other, each in a line of its own, are a sentence. */
const leastStacked = 4
/** Where blanks are not written, a line is longer than a word. */
const longestWord = 32

/** UTF-16 units that are read at once, some two milliseconds' work: others run before the next ones are read. */
const sliceLength = 2048
/** So much is read twice where a text has to be cut within what may be a hidden word. */
const overlap = 512

const solid = "(?:(?!\\p{Default_Ignorable_Code_Point})[\\p{L}\\p{N}])"
/** Between two words that nobody has spelt letter by letter, nothing is hidden. */
const betweenWords = new RegExp(
  `(?<=${solid}{2}[.,;:!?]?)[^\\S\\n](?=${solid}{2})|(?<=${solid}{2}[。！？；，、])(?=${solid}{2})`,
  "gu",
)

/**
 * Undoes the cheap ways of hiding a word from a classifier: Unicode's compatibility forms (NFKC), invisible characters,
 * marks over letters, look-alike letters of other alphabets in Latin words, words that are spelt with a sign, a blank or
 * a line between all letters, and sentences without blanks: in an address, in percent signs, joined by signs or capitals.
 *
 * Leetspeak, misspellings, other languages, ciphers and text in pictures are not undone. A long text is read in slices, cut
 * between words; where there are none for a thousand characters, the slices overlap, and some of it stands there twice.
 *
 * @example
 * console.log(normaliseForJudging("b.o.m.b")) // => bomb
 */
export const normaliseForJudging = (text: string): string => whole(normaliseInSlices(text))

/** {@link normaliseForJudging}, for threads on which others wait. */
export function* normaliseInSlices(text: string): Sliced<string> {
  const given = text.toWellFormed()
  if (given.length <= sliceLength) return yield* readLayers(given, false)
  // What nobody sees must not push apart what is to be read together.
  const seen = given.replace(unseen, "")
  yield
  const hasLatin = latin.test(seen)
  const read: Array<string> = []
  for (let start = 0; start < seen.length;) {
    const { end, next } = cutAfter(seen, start)
    read.push(yield* readLayers(seen.slice(start, end).toWellFormed(), hasLatin))
    if (next < end) read.push("\n")
    start = next
    yield
  }
  return read.join("")
}

/** Where a slice ends, and where the next one begins. */
function cutAfter(text: string, start: number): { readonly end: number; readonly next: number } {
  const full = start + sliceLength
  if (full >= text.length) return { end: text.length, next: text.length }
  const middle = sliceLength / 2
  // The letters on both sides of a cut are looked at, too.
  const window = text.slice(start, full + 8)
  betweenWords.lastIndex = middle
  const border = betweenWords.exec(window)
  if (border === null) return { end: full, next: full - overlap }
  const end = start + border.index + border[0].length
  return { end, next: end }
}

function* readLayers(text: string, hasLatin: boolean): Sliced<string> {
  let read = text
  // One trick may hide another; a text without any is read once.
  for (let layer = 0; layer < mostLayers; layer++) {
    const once = unhidden(read, hasLatin)
    if (once === read) break
    read = once
    // A letter may unfold to eighteen.
    if (read.length > sliceLength) yield
  }
  return read
}

/** Most text is, and it has neither forms nor marks nor look-alike letters. */
// oxlint-disable-next-line no-control-regex -- ASCII has them
const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)

function unhidden(text: string, hasLatin: boolean): string {
  const letters = isAscii(text) ? text.replace(control, "") : plainLetters(text, hasLatin)
  const unspelt = withoutBlanksRead(letters).replace(splitWord, (spelt, sign: string) => spelt.replaceAll(sign, ""))
  return unstacked(unspaced(unspelt)).toWellFormed()
}

function plainLetters(text: string, hasLatin: boolean): string {
  const visible = text.replace(overlay, "").normalize("NFKC").replace(invisible, "")
  return latinised(visible.replace(looseMarks, withoutMarks), hasLatin)
}

/** Lines of a single word each are one line. */
function unstacked(text: string): string {
  const read: Array<string> = []
  let stack: Array<string> = []
  for (const line of text.split("\n")) {
    const isWord = line.length <= longestWord && !/\S\s+\S/u.test(line)
    if (isWord) stack.push(line)
    else {
      read.push(...unstackedLines(stack), line)
      stack = []
    }
  }
  return [...read, ...unstackedLines(stack)].join("\n")
}

function unstackedLines(stack: ReadonlyArray<string>): ReadonlyArray<string> {
  const words = stack.map((line) => line.trim()).filter((word) => word !== "")
  if (words.length >= leastStacked) return [words.join(" ")]
  return stack.length === 0 ? [] : [stack.join("\n")]
}

/** A letter under a heap of marks has lost its accent, too. */
const withoutMarks = (_: string, letter: string, marks: string): string =>
  marks.length > 1 ? letter.normalize("NFD").charAt(0) : letter

/** The narrowest blanks stand between letters, wider ones between words: one is enough. */
const unspaced = (text: string): string => text.replace(spacedLetters, joinNarrow).replace(blank, " ")

function joinNarrow(letters: string): string {
  const blanks = letters.match(/\s+/g) ?? []
  // Two letters are an "I a" or an initial.
  if (blanks.length < 2) return letters
  const narrowest = Math.min(...new Set(blanks.map(({ length }) => length)))
  return letters.replace(/\s+/g, (blank) => (blank.length === narrowest ? "" : blank))
}

/** Words of other alphabets stay what they are, as long as one of their letters says that they are meant. */
function latinised(text: string, hasLatin: boolean): string {
  if (!hasLatin && !latin.test(text)) return text
  return text.replace(word, (letters) => {
    const isDisguised = Array.from(letters).every((letter) => lookalikes.has(letter) || latin.test(letter))
    return isDisguised ? Array.from(letters, (letter) => lookalikes.get(letter) ?? letter).join("") : letters
  })
}
