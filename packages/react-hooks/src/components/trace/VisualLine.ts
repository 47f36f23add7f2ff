/** Moving between lines as they are drawn, wherever the text happened to wrap. */

const centreOf = ({ left, width }: DOMRect): number => left + width / 2

/** The widest box of an element: a token that wraps has one on each line, such as its space and its word. */
export function boxOf(element: Element): DOMRect {
  let widest: DOMRect | undefined
  for (const box of element.getClientRects()) if (widest === undefined || box.width > widest.width) widest = box
  return widest ?? element.getBoundingClientRect()
}

/** Tokens of one line differ a little in height, such as those of another script's font. */
const isSameLine = (a: DOMRect, b: DOMRect): boolean =>
  a.top < b.bottom - b.height / 2 && b.top < a.bottom - a.height / 2

/**
 * The token on the next or the previous line that is nearest to a place across; undefined on the last or first line.
 *
 * @param across where to go, in viewport pixels; where the token itself is when left out
 */
export function tokenOnLine(
  tokens: ArrayLike<Element>,
  from: number,
  step: 1 | -1,
  across?: number,
): { readonly position: number; readonly across: number } | undefined {
  const origin = tokens[from]
  if (origin === undefined) return undefined
  const originBox = boxOf(origin)
  const goal = across ?? centreOf(originBox)
  let line: DOMRect | undefined
  let best: { readonly position: number; readonly distance: number } | undefined
  for (let position = from + step; ; position += step) {
    const token = tokens[position]
    if (token === undefined) break
    const box = boxOf(token)
    if (isSameLine(box, originBox)) continue
    line ??= box
    if (!isSameLine(box, line)) break
    const distance = Math.abs(centreOf(box) - goal)
    if (best === undefined || distance < best.distance) best = { position, distance }
  }
  return best === undefined ? undefined : { position: best.position, across: goal }
}
