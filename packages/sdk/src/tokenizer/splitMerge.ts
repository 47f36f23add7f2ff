/** The two pieces of a merge. Older files write "left right", newer ones ["left", "right"]. */
export function splitMerge(merge: unknown): readonly [string, string] | undefined {
  if (typeof merge === "string") {
    const border = merge.indexOf(" ")
    const fits = border > 0 && border < merge.length - 1 && merge.indexOf(" ", border + 1) === -1
    return fits ? [merge.slice(0, border), merge.slice(border + 1)] : undefined
  }
  if (!Array.isArray(merge) || merge.length !== 2) return undefined
  const [left, right]: ReadonlyArray<unknown> = merge
  return typeof left === "string" && typeof right === "string" && left !== "" && right !== ""
    ? [left, right]
    : undefined
}
