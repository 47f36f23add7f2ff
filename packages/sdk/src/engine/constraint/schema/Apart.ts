/** Objects whose beginning is told apart from other texts: one member never comes behind another. */
import { isList, isRecord } from "../../../words/Json.ts"

/** Names of two members: where an object has both, the second stands before the first. */
export type Apart = readonly [first: string, second: string]

/** JSON does not mind the order of names. */
export function inOrder(names: ReadonlyArray<string>, apart: Apart | undefined): ReadonlyArray<string> {
  if (apart === undefined || !apart.every((name) => names.includes(name))) return names
  return [...names.filter((name) => name !== apart[0]), apart[0]]
}

/** Names that no further member may have: further ones come in any order. */
export const alsoReserved = (names: ReadonlyArray<string>, apart: Apart | undefined): ReadonlyArray<string> =>
  apart === undefined || names.includes(apart[1]) ? names : [...names, apart[1]]

/** A value with the same members, in that order. */
export function valueInOrder(value: unknown, apart: Apart | undefined): unknown {
  if (apart === undefined) return value
  if (isList(value)) return value.map((item) => valueInOrder(item, apart))
  if (!isRecord(value)) return value
  return Object.fromEntries(inOrder(Object.keys(value), apart).map((name) => [name, valueInOrder(value[name], apart)]))
}
