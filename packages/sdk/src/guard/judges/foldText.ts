/**
 * Marks that are accents or points. Those with which other scripts write vowels, and what makes は a ば, are letters of their own:
 * without them it is another word.
 */
const accents =
  /(?=[\p{sc=Inherited}\p{sc=Common}\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}])(?![\u3099\u309a])\p{M}/gu

/**
 * A text without its case and its accents, as lists compare it: lower case, upper case and back is Unicode's case folding but for
 * the last sigma of a word ("Straße", "STRASSE" and "STRAẞE" are one), and canonical decomposition parts letters from their marks.
 */
export const foldText = (text: string): string => {
  const letters = text.normalize("NFKD").replaceAll(accents, "").toLowerCase()
  return letters.toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFC")
}

/** A folded text, and where its letters come from. */
export interface FoldedText {
  readonly text: string
  /** Of each of its UTF-16 units: where what it was folded from begins and ends. */
  readonly places: ReadonlyArray<readonly [start: number, end: number]>
}

/** Folds letter by letter; undefined where letters fold otherwise when they stand together. */
export function foldInPlaces(text: string): FoldedText | undefined {
  const places: Array<readonly [number, number]> = []
  let folded = ""
  for (const { index, segment } of new Intl.Segmenter("und").segment(text)) {
    const letters = foldText(segment)
    for (let i = 0; i < letters.length; i++) places.push([index, index + segment.length])
    folded += letters
  }
  return folded === foldText(text) ? { text: folded, places } : undefined
}
