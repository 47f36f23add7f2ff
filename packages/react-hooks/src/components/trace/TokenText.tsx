import { type ClipboardEvent, type CSSProperties, memo, startTransition, useEffect, useMemo, useState } from "react"
import { type Paragraph, paragraphsOf } from "./paragraphsOf.ts"
import { copiedText } from "./copiedText.ts"
import { selectedTokens } from "./selectedTokens.ts"
import { TokenChunk } from "./TokenChunk.tsx"
import type { TokenView } from "./TokenView.ts"
import type { TokenCursor } from "./useTokenCursor.ts"

interface TokenTextProps extends Pick<TokenCursor, "active" | "locked" | "cursor" | "handlers"> {
  readonly views: ReadonlyArray<TokenView>
  readonly labelledBy: string
}

/** Tokens that are drawn at once, more than fit a view: the others follow without holding the page up. */
const firstTokens = 768

/** The text, token by token. Its listeners are here, once for all tokens. */
export function TokenText({ active, cursor, handlers, labelledBy, locked, views }: TokenTextProps) {
  const isWhole = useWholeText(views.length)
  const paragraphs = useMemo(() => paragraphsOf(isWhole ? views : views.slice(0, firstTokens)), [views, isWhole])
  return (
    <div
      role="listbox"
      aria-labelledby={labelledBy}
      data-part="text"
      {...handlers}
      onCopy={(event) => copyText(event, views)}
    >
      {paragraphs.map((paragraph) => (
        <ParagraphText
          key={paragraph.start}
          paragraph={paragraph}
          active={within(paragraph, active)}
          locked={within(paragraph, locked)}
          cursor={within(paragraph, cursor)}
        />
      ))}
    </div>
  )
}

/** What is drawn has marks for line ends, blanks and bytes: what is copied is the text. */
function copyText(event: ClipboardEvent, views: ReadonlyArray<TokenView>): void {
  const selected = selectedTokens(event.currentTarget, getSelection(), views)
  if (selected.length === 0) return
  event.clipboardData.setData("text/plain", copiedText(selected))
  event.preventDefault()
}

function useWholeText(tokens: number): boolean {
  const [isWhole, setIsWhole] = useState(tokens <= firstTokens)
  useEffect(() => startTransition(() => setIsWhole(true)), [])
  return isWhole
}

interface ParagraphTextProps {
  readonly paragraph: Paragraph
  readonly active: number | undefined
  readonly locked: number | undefined
  readonly cursor: number | undefined
}

/** Its reading direction is its own, as its first letters say. */
const ParagraphText = memo(function ParagraphText({ active, cursor, locked, paragraph }: ParagraphTextProps) {
  return (
    <div role="none" dir="auto" data-part="paragraph" style={lengthStyle(paragraph.length)}>
      {paragraph.chunks.map((chunk) => (
        <TokenChunk
          key={chunk.start}
          start={chunk.start}
          views={chunk.views}
          active={inRange(active, chunk.start, chunk.views.length)}
          locked={inRange(locked, chunk.start, chunk.views.length)}
          cursor={inRange(cursor, chunk.start, chunk.views.length)}
        />
      ))}
    </div>
  )
})

// React's type of styles has no custom properties, although React sets them.
const lengthStyle = (length: number): CSSProperties => ({ "--facet-length": length }) as CSSProperties

const within = ({ chunks, start }: Paragraph, position: number | undefined): number | undefined => {
  const last = chunks.at(-1)
  return last === undefined ? undefined : inRange(position, start, last.start + last.views.length - start)
}

const inRange = (position: number | undefined, start: number, length: number): number | undefined =>
  position !== undefined && position >= start && position < start + length ? position : undefined
