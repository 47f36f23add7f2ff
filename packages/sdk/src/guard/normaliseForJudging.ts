/** What a guard reads: the same words without the tricks that hide them. What goes out is the original. */

import { withoutBlanksRead } from "./reading/textOfUrl.ts"

/** Characters that nobody sees: zero-width, soft hyphen, direction controls, variation selectors, tags, controls. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const invisible = /\p{Default_Ignorable_Code_Point}|[\0-\x08\x0e-\x1f\x7f-\x9f]/gu

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

/**
 * Undoes the cheap ways of hiding a word from a classifier: Unicode's compatibility forms (NFKC), invisible characters,
 * marks over letters, look-alike letters of other alphabets in Latin words, words that are spelt with a sign, a blank or
 * a line between all letters, and sentences without blanks: in an address, in percent signs, joined by signs or capitals.
 *
 * Leetspeak, misspellings, other languages, ciphers and text in pictures are not undone.
 *
 * @example
 * console.log(normaliseForJudging("b.o.m.b")) // => bomb
 */
export function normaliseForJudging(text: string): string {
  let read = text.toWellFormed()
  // One trick may hide another; a text without any is read once.
  for (let layer = 0; layer < mostLayers; layer++) {
    const once = unhidden(read)
    if (once === read) break
    read = once
  }
  return read
}

function unhidden(text: string): string {
  const visible = text.replace(overlay, "").normalize("NFKC").replace(invisible, "")
  const letters = latinised(visible.replace(looseMarks, withoutMarks))
  const unspelt = withoutBlanksRead(letters).replace(splitWord, (spelt, sign: string) => spelt.replaceAll(sign, ""))
  return unstacked(unspaced(unspelt)).toWellFormed()
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
function latinised(text: string): string {
  if (!latin.test(text)) return text
  return text.replace(word, (letters) => {
    const isDisguised = Array.from(letters).every((letter) => lookalikes.has(letter) || latin.test(letter))
    return isDisguised ? Array.from(letters, (letter) => lookalikes.get(letter) ?? letter).join("") : letters
  })
}
