/** Whether constants tell alternatives apart, which is seen without comparing each with each: there may be thousands. */
import type { ShapesOf } from "./conforms.ts"
import type { Part } from "./Parts.ts"
import { keyOf, memberParts, type Shape } from "./Shape.ts"

/** Their own constants do, or those of a member that all of them must have. */
export function areToldApart(alternatives: ReadonlyArray<ReadonlyArray<Part>>, shapesOf: ShapesOf): boolean {
  const shapes = alternatives.map((parts) => shapesOf(parts))
  if (haveOwnValues(shapes)) return true
  const names = [...(shapes[0]?.[0]?.object.required ?? [])]
  return names.some((name) => {
    const members = shapes.map((list) => list.map((shape) => memberOf(shape, name, shapesOf)))
    return (
      members.every((list) => list.every((one) => one !== undefined)) &&
      haveOwnValues(members.map((list) => list.flatMap((one) => one ?? [])))
    )
  })
}

/** What a member may be that whatever fits the shape must have; undefined where it need not. */
function memberOf({ kinds, object }: Shape, name: string, shapesOf: ShapesOf): ReadonlyArray<Shape> | undefined {
  if (kinds.size !== 1 || !kinds.has("object") || !object.required.has(name)) return undefined
  return shapesOf(object.parts.flatMap((part) => memberParts(part, name)))
}

function haveOwnValues(alternatives: ReadonlyArray<ReadonlyArray<Shape>>): boolean {
  const taken = new Set<string>()
  for (const shapes of alternatives) {
    const own = new Set<string>()
    for (const { values } of shapes) {
      if (values === undefined) return false
      for (const value of values) own.add(keyOf(value))
    }
    for (const key of own) {
      if (taken.has(key)) return false
      taken.add(key)
    }
  }
  return true
}
