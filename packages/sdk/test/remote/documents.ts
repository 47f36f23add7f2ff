/** How documents are compared, and what is put into them. */
import { assert } from "@effect/vitest"
import { Misread, type Reader } from "../../src/remote/Reader.ts"
import { errorToPlain, isFacetError } from "../../src/words/Errors.ts"

/** A document as it arrives. */
export const sent = (document: object): unknown => JSON.parse(JSON.stringify(document))

/** Errors are compared by class and fields; a field without a value is one that is not there. */
export const assertSame = (there: unknown, here: unknown): void =>
  assert.deepStrictEqual(comparable(there), comparable(here))

function comparable(value: unknown): unknown {
  if (isFacetError(value)) return [value.constructor.name, errorToPlain(value)]
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== "object" || value === null) return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const named = fields.map(([name, field]) => [name, comparable(field)] as const)
  return named.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

type Path = ReadonlyArray<string>

/** Every place in a document. */
const placesOf = (value: unknown, path: Path = []): ReadonlyArray<Path> =>
  typeof value === "object" && value !== null
    ? [path, ...Object.entries(value).flatMap(([name, field]) => placesOf(field, [...path, name]))]
    : [path]

function withValue(document: unknown, [name, ...rest]: Path, value: unknown): unknown {
  if (name === undefined) return value
  const fields = document as Readonly<Record<string, unknown>>
  const changed = withValue(fields[name], rest, value)
  if (Array.isArray(document)) return document.map((item: unknown, i) => (i === Number(name) ? changed : item))
  return { ...fields, [name]: changed }
}

const nonsense = [null, 7.5, "no", true, [], [null], {}, { type: "text" }, undefined]

/** Whatever stands in one place of a document, it is read as something of its type, or refused as misread. */
export function checkNonsense<A>(document: unknown, reader: Reader<A>, use: (read: A) => void): void {
  for (const place of placesOf(document)) {
    for (const value of nonsense) {
      try {
        use(reader(withValue(document, place, value), ""))
      } catch (error) {
        if (!(error instanceof Misread)) throw error
        assert.match(error.message, /^.+ is (.* where .* is expected$|no base64)/s)
      }
    }
  }
}
