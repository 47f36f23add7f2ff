/** A long text is judged sentence by sentence, also where it comes at once: among many good ones, a bad one drowns. */
import type { Frame, FrameText } from "@facet/sdk"
import type { Piece } from "./Format.ts"

const sentence = /[^.!?…。！？\n]*[.!?…。！？\n]+["'”’)\]]*\s*|[^.!?…。！？\n]+$/gu

/** Gives each sentence a frame of its own; the bytes go out with the last one. */
export async function* bySentence(frames: AsyncIterable<Frame<Piece>>): AsyncGenerator<Frame<Piece>, void, void> {
  for await (const { texts = [], value } of frames) {
    const pieces = texts.flatMap(sentencesOf)
    if (pieces.length === texts.length) {
      yield { value, texts }
      continue
    }
    for (const piece of pieces) yield { value: { bytes: new Uint8Array(), hasText: false }, texts: [piece] }
    yield { value }
  }
}

function sentencesOf(text: FrameText): ReadonlyArray<FrameText> {
  const sentences = text.text.match(sentence) ?? [text.text]
  // Text that the expression does not cover would be text that nobody judges.
  if (sentences.join("") !== text.text) return [text]
  return sentences.map((part, index) => ({
    ...text,
    text: part,
    isEnd: text.isEnd === true && index === sentences.length - 1,
  }))
}
