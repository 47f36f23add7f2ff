import { type CSSProperties, memo } from "react"
import { isSameView, nameOf, type TokenView } from "./TokenView.ts"
import type { Chunk } from "./paragraphsOf.ts"

/** Positions in the text; undefined where they are not in this chunk, so that the chunk is left alone. */
interface Marks {
  /** The token whose features are shown. */
  readonly active: number | undefined
  readonly locked: number | undefined
  /** The token that the tab key reaches. */
  readonly cursor: number | undefined
}

type TokenChunkProps = Chunk & Marks

/** Tokens that are drawn together: only chunks that look different are drawn anew. */
export const TokenChunk = memo(function TokenChunk({ active, cursor, locked, start, views }: TokenChunkProps) {
  return views.map((view, offset) => {
    const position = start + offset
    return (
      <Token
        key={position}
        position={position}
        view={view}
        isActive={position === active}
        isLocked={position === locked}
        isCursor={position === cursor}
      />
    )
  })
}, isSameChunk)

interface TokenProps {
  readonly position: number
  readonly view: TokenView
  readonly isActive: boolean
  readonly isLocked: boolean
  readonly isCursor: boolean
}

function Token({ isActive, isCursor, isLocked, position, view }: TokenProps) {
  const { alpha, kind, level, shown } = view
  return (
    <span
      role="option"
      aria-selected={isLocked}
      aria-label={nameOf(view)}
      // What is no text of a language has no say in its paragraph's direction.
      dir={kind === "special" || kind === "byte" ? "ltr" : undefined}
      tabIndex={isCursor ? 0 : -1}
      data-part="token"
      data-token={position}
      data-kind={kind === "text" ? undefined : kind}
      data-strength={level}
      data-active={isActive ? "" : undefined}
      data-locked={isLocked ? "" : undefined}
      style={styleOf(alpha)}
    >
      {shown}
    </span>
  )
}

const styles = new Map<number, CSSProperties>()

/** One object for each of the hundred opacities: React passes over styles that are the same object. */
function styleOf(alpha: number): CSSProperties | undefined {
  if (alpha === 0) return undefined
  const known = styles.get(alpha)
  if (known !== undefined) return known
  // React's type of styles has no custom properties, although React sets them.
  const style = { "--facet-alpha": alpha } as CSSProperties
  styles.set(alpha, style)
  return style
}

function isSameChunk(a: TokenChunkProps, b: TokenChunkProps): boolean {
  return (
    a.start === b.start &&
    a.active === b.active &&
    a.locked === b.locked &&
    a.cursor === b.cursor &&
    isSameViews(a.views, b.views)
  )
}

const isSameViews = (a: ReadonlyArray<TokenView>, b: ReadonlyArray<TokenView>): boolean =>
  a === b ||
  (a.length === b.length &&
    a.every((view, position) => {
      const other = b[position]
      return other !== undefined && isSameView(view, other)
    }))
