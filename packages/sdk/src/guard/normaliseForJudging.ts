/** What a guard reads: the same words without the tricks that hide them. What goes out is the original. */

/** Characters that nobody sees: zero-width, soft hyphen, direction controls, variation selectors, tags. */
const invisible = /\p{Default_Ignorable_Code_Point}/gu

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

/** Three or more single letters with the same sign between them: "k i l l", "b.o.m.b". */
const splitWord = /(?<![\p{L}\p{N}])\p{L}([ .\-_*·/|])\p{L}(?:\1\p{L})+(?![\p{L}\p{N}])/gu

/**
 * Undoes the cheap ways of hiding a word from a classifier: Unicode's compatibility forms (NFKC), invisible characters,
 * look-alike letters of other alphabets in Latin words, and words that are spelt with a sign between all letters.
 *
 * Leetspeak, misspellings, other languages, ciphers and text in pictures are not undone.
 *
 * @example
 * console.log(normaliseForJudging("b.o.m.b")) // => bomb
 */
export function normaliseForJudging(text: string): string {
  const visible = text.toWellFormed().normalize("NFKC").replace(invisible, "")
  return latinised(visible).replace(splitWord, (spelt, sign: string) => spelt.replaceAll(sign, ""))
}

/** Words of other alphabets stay what they are, as long as one of their letters says that they are meant. */
function latinised(text: string): string {
  if (!latin.test(text)) return text
  return text.replace(word, (letters) => {
    const isDisguised = Array.from(letters).every((letter) => lookalikes.has(letter) || latin.test(letter))
    return isDisguised ? Array.from(letters, (letter) => lookalikes.get(letter) ?? letter).join("") : letters
  })
}
