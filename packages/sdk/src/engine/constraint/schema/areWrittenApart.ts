/** Whether what is written for one alternative never fits another, as members that no schema names are not written. */
import { isOpen, type Shape } from "./Shape.ts"

/** Each must have a member that none of the other has: so neither fits the other, though both may allow what they do not name. */
export const areWrittenApart = (a: ReadonlyArray<Shape>, b: ReadonlyArray<Shape>): boolean =>
  a.every((one) => b.every((other) => haveOwn(one, other) && haveOwn(other, one)))

function haveOwn(one: Shape, other: Shape): boolean {
  const shared = [...one.kinds].filter((kind) => other.kinds.has(kind))
  if (one.values !== undefined || other.values !== undefined || shared.join() !== "object") return false
  return !writesOthers(other) && [...one.object.required].some((name) => !other.object.names.includes(name))
}

const writesOthers = ({ object }: Shape): boolean =>
  isOpen(object.parts) || object.parts.some(({ schema }) => "patternProperties" in schema || "propertyNames" in schema)
