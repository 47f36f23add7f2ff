/** Whether a value fits a schema: for the values of `enum`, which are there already. */
import { isList, isRecord } from "../../../words/Json.ts"
import { matchesPattern } from "./matchesPattern.ts"
import type { Part } from "./Parts.ts"
import { keyOf, type Kind, memberParts, type Shape } from "./Shape.ts"

/** Gives the shapes of which a value has to fit one. */
export type ShapesOf = (parts: ReadonlyArray<Part>) => ReadonlyArray<Shape>

export const kindOf = (value: unknown): Kind => {
  if (value === null) return "null"
  if (isList(value)) return "array"
  if (typeof value === "string") return "string"
  if (typeof value === "number") return "number"
  return typeof value === "boolean" ? "boolean" : "object"
}

export const conforms = (value: unknown, parts: ReadonlyArray<Part>, shapesOf: ShapesOf): boolean =>
  shapesOf(parts).some((shape) => fits(value, shape, shapesOf))

export function fits(value: unknown, shape: Shape, shapesOf: ShapesOf): boolean {
  if (!shape.kinds.has(kindOf(value))) return false
  if (shape.values !== undefined && !shape.values.some((one) => keyOf(one) === keyOf(value))) return false
  if (typeof value === "number") return fitsNumber(value, shape)
  if (typeof value === "string") return fitsString(value, shape)
  if (isList(value)) return fitsArray(value, shape, shapesOf)
  return isRecord(value) ? fitsObject(value, shape, shapesOf) : true
}

function fitsNumber(value: number, { number }: Shape): boolean {
  const { isAbove, isBelow, isInteger, least, most, multiplesOf } = number
  if (isInteger && !Number.isInteger(value)) return false
  if (isAbove ? value <= least : value < least) return false
  if (isBelow ? value >= most : value > most) return false
  return multiplesOf.every((divisor) => Number.isInteger(Number((value / divisor).toPrecision(15))))
}

function fitsString(value: string, { string }: Shape): boolean {
  const length = Array.from(value).length
  return (
    length >= string.least &&
    length <= string.most &&
    string.patterns.every((pattern) => matchesPattern(pattern, value))
  )
}

function fitsArray(value: ReadonlyArray<unknown>, { array }: Shape, shapesOf: ShapesOf): boolean {
  if (value.length < array.least || value.length > array.most) return false
  return value.every((item, i) => conforms(item, array.prefix[i] ?? array.items, shapesOf))
}

function fitsObject(value: Readonly<Record<string, unknown>>, { object }: Shape, shapesOf: ShapesOf): boolean {
  const names = Object.keys(value)
  if (names.length < object.least || names.length > object.most) return false
  if (![...object.required].every((name) => Object.hasOwn(value, name))) return false
  return names.every((name) => {
    const parts = object.parts.flatMap((part) => memberParts(part, name))
    const named = object.parts.flatMap(({ path, schema }) =>
      schema["propertyNames"] === undefined ? [] : [{ schema: schema["propertyNames"], path: `${path}.propertyNames` }],
    )
    return conforms(value[name], parts, shapesOf) && conforms(name, named, shapesOf)
  })
}
