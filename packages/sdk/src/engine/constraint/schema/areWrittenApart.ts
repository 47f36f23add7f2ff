/** Whether what is written for one alternative never fits another, as members that no schema names are not written. */
import { isOpen, type Shape } from "./Shape.ts"

type Shapes = ReadonlyArray<Shape>

/** Each must have a member that none of the other has: so neither fits the other, though both may allow what they do not name. */
export const areWrittenApart = (a: Shapes, b: Shapes): boolean =>
  a.every((one) => b.every((other) => haveOwn(one, other) && haveOwn(other, one)))

function haveOwn(one: Shape, other: Shape): boolean {
  const shared = [...one.kinds].filter((kind) => other.kinds.has(kind))
  if (one.values !== undefined || other.values !== undefined || shared.join() !== "object") return false
  return !writesOthers(other) && [...one.object.required].some((name) => !other.object.names.includes(name))
}

/** The same of all of them, seen without comparing each with each: there may be thousands. */
export function areAllWrittenApart(alternatives: ReadonlyArray<Shapes>): boolean {
  const owners = new Map<string, number>()
  for (const shapes of alternatives) {
    for (const name of new Set(shapes.flatMap(({ object }) => object.names)))
      owners.set(name, (owners.get(name) ?? 0) + 1)
  }
  const isOwn = (name: string): boolean => owners.get(name) === 1
  return alternatives.flat().every((shape) => {
    const isObject = shape.kinds.size === 1 && shape.kinds.has("object") && shape.values === undefined
    return isObject && !writesOthers(shape) && [...shape.object.required].some(isOwn)
  })
}

const writesOthers = ({ object }: Shape): boolean =>
  isOpen(object.parts) || object.parts.some(({ schema }) => "patternProperties" in schema || "propertyNames" in schema)
