/** Which tokens of a trace somebody has selected. */
import type { CopiedToken } from "./copiedText.ts"
import type { TokenView } from "./TokenView.ts"

/** Of the first and the last one only what is selected, where what is drawn is the token itself. */
export function selectedTokens(
  frame: Element,
  selection: Selection | null,
  views: ReadonlyArray<TokenView>,
): ReadonlyArray<CopiedToken> {
  if (selection === null || selection.isCollapsed) return []
  const range = selection.getRangeAt(0)
  return [...frame.querySelectorAll<HTMLElement>("[data-token]")].flatMap((element) => {
    const view = range.intersectsNode(element) ? views[Number(element.dataset["token"])] : undefined
    if (view === undefined) return []
    if (view.shown !== view.token) return [view]
    const from = element.contains(range.startContainer) ? range.startOffset : 0
    const to = element.contains(range.endContainer) ? range.endOffset : view.token.length
    // Offsets count characters within a text, and children within an element.
    const isText = (node: Node) => !element.contains(node) || node.nodeType === Node.TEXT_NODE
    if (!isText(range.startContainer) || !isText(range.endContainer)) return [view]
    return from < to ? [{ kind: view.kind, token: view.token.slice(from, to) }] : []
  })
}
