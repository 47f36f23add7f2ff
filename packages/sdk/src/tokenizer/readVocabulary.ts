import { show } from "../words/Checks.ts"
import type { ModelFileError } from "../words/Errors.ts"
import { isDigit, type JsonPlace, type JsonScanner } from "../files/JsonScanner.ts"
import { Vocabulary } from "./Vocabulary.ts"

const [quote, comma, closeObject] = [0x22, 0x2c, 0x7d]

/** What an id may be: a whole number that an int32 holds. */
export const isId = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31

/**
 * Reads `{ "piece": id, ... }`.
 *
 * @param place where it stands, in a text that was checked.
 * @param rows of the model's embedding.
 * @param refuse makes the error that is thrown for an id that is none.
 */
export function readVocabulary(
  scanner: JsonScanner,
  place: JsonPlace,
  rows: number,
  refuse: (problem: string) => ModelFileError,
): Vocabulary {
  const vocabulary = new Vocabulary(place.size, place.end - place.start)
  // Of a piece that comes twice the last id counts.
  const broken = new Map<number, unknown>()
  scanner.at = place.start + 1
  while (scanner.next() === quote) {
    const end = scanner.copyString(vocabulary.bytes, vocabulary.end)
    scanner.next()
    const id = readNumber(scanner)
    const at = vocabulary.append(end, isId(id) ? id : -1)
    if (!isId(id)) broken.set(at, id)
    else if (broken.size > 0) broken.delete(at)
  }
  for (const id of broken.values()) throw refuse(`its vocab has the id ${show(id)}`)
  vocabulary.seal(rows)
  return vocabulary
}

/** Ids are written as digits; whatever else may stand there is read as such values are. */
function readNumber(scanner: JsonScanner): unknown {
  const { at: start, bytes } = scanner
  let at = start
  let value = 0
  while (isDigit(bytes[at]!)) value = value * 10 + bytes[at++]! - 0x30
  const after = bytes[at]!
  scanner.at = at
  if (at > start && (after === comma || after === closeObject || after <= 0x20)) return value
  scanner.at = start
  scanner.skip()
  return scanner.parse(start, scanner.at)
}
