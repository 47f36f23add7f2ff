/** A text in paragraphs, and those in chunks that are drawn by themselves. */
import type { TokenView } from "./TokenView.ts"

/** Tokens that are drawn anew together when one of them changes. */
const chunkSize = 64

/** Tokens after which a paragraph is cut: at the end of a sentence, or anywhere. */
const long = 192
const longest = 384
const sentenceEnd = /[.!?…。！？]["'”’)]?$/

export interface Chunk {
  /** The position of its first token in the text. */
  readonly start: number
  readonly views: ReadonlyArray<TokenView>
}

export interface Paragraph {
  readonly start: number
  readonly chunks: ReadonlyArray<Chunk>
  /** Characters, for a guess at the height of one that was not drawn yet. */
  readonly length: number
}

/**
 * A token that ends a line ends its paragraph. One that goes on for long is cut after a sentence, as if it wrapped there:
 * what is far from view needs no layout, as long as no paragraph is endless.
 */
export function paragraphsOf(views: ReadonlyArray<TokenView>): ReadonlyArray<Paragraph> {
  const paragraphs: Array<Paragraph> = []
  let start = 0
  for (const [position, { token }] of views.entries()) {
    if (!isEnd(token, position + 1 - start) && position < views.length - 1) continue
    paragraphs.push(paragraphOf(views.slice(start, position + 1), start))
    start = position + 1
  }
  return paragraphs
}

const isEnd = (token: string, length: number): boolean =>
  token.includes("\n") || length >= longest || (length >= long && sentenceEnd.test(token))

function paragraphOf(views: ReadonlyArray<TokenView>, start: number): Paragraph {
  const chunks: Array<Chunk> = []
  for (let offset = 0; offset < views.length; offset += chunkSize) {
    chunks.push({ start: start + offset, views: views.slice(offset, offset + chunkSize) })
  }
  return { start, chunks, length: views.reduce((length, { shown }) => length + shown.length, 0) }
}
