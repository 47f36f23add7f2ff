/** Whether no value fits both of two shapes, as far as it can be proved. */
import { fits, type ShapesOf } from "./conforms.ts"
import type { Part } from "./Parts.ts"
import { type Kind, memberParts, type Shape } from "./Shape.ts"

/** Members of members are looked into so deep. */
const deepest = 4

export function areDisjoint(
  a: ReadonlyArray<Part>,
  b: ReadonlyArray<Part>,
  shapesOf: ShapesOf,
  depth = deepest,
): boolean {
  if (depth === 0) return false
  const others = shapesOf(b)
  return shapesOf(a).every((one) => others.every((other) => shapesAreDisjoint(one, other, shapesOf, depth)))
}

function shapesAreDisjoint(a: Shape, b: Shape, shapesOf: ShapesOf, depth: number): boolean {
  if (a.values !== undefined) return a.values.every((value) => !(fits(value, a, shapesOf) && fits(value, b, shapesOf)))
  if (b.values !== undefined) return shapesAreDisjoint(b, a, shapesOf, depth)
  const shared = [...a.kinds].filter((kind) => b.kinds.has(kind))
  return shared.every((kind) => kindsAreDisjoint(kind, a, b, shapesOf, depth))
}

function kindsAreDisjoint(kind: Kind, a: Shape, b: Shape, shapesOf: ShapesOf, depth: number): boolean {
  switch (kind) {
    case "number":
      return endsBefore(a, b) || endsBefore(b, a)
    case "string":
      return a.string.most < b.string.least || b.string.most < a.string.least
    case "array":
      return a.array.most < b.array.least || b.array.most < a.array.least
    case "object":
      return objectsAreDisjoint(a, b, shapesOf, depth) || objectsAreDisjoint(b, a, shapesOf, depth)
    case "boolean":
    case "null":
      return false
  }
}

const endsBefore = ({ number: a }: Shape, { number: b }: Shape): boolean =>
  a.most < b.least || (a.most === b.least && (a.isBelow || b.isAbove))

/** A member that one must have and the other may not have, or not with such a value. */
const objectsAreDisjoint = (a: Shape, b: Shape, shapesOf: ShapesOf, depth: number): boolean =>
  [...a.object.required].some((name) => {
    const [one, other] = [a, b].map(({ object }) => object.parts.flatMap((part) => memberParts(part, name)))
    // Where the other says nothing of it, or need not have it, it may be there and be anything.
    if (one === undefined || other === undefined || other.length === 0) return false
    const isForbidden = shapesOf(other).length === 0
    return isForbidden || (b.object.required.has(name) && areDisjoint(one, other, shapesOf, depth - 1))
  })
