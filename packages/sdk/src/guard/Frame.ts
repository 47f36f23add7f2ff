/** What a guard holds back and lets out: pieces of a stream of any format, and the texts that they carry. */

import { type Cut, cutLengthOf } from "../words/Redaction.ts"

/** A text without a name. */
export const defaultChannel = "text"

/** A piece of a text that a frame carries. */
export interface FrameText {
  /** Which text it continues: an answer's choice, its reasoning, a tool's input. Default `"text"`. Each is judged by itself. */
  readonly channel?: string | undefined
  /** The part of the channel that it belongs to, where it has several: verdicts are told under this name. */
  readonly block?: string | undefined
  readonly text: string
  /** Whether the channel's text is complete with it: what waits is then judged at once. */
  readonly isEnd?: boolean | undefined
  /**
   * Whether it cannot be judged yet: half a word in quotation marks, what may be a name, a block before its turn. Its
   * frame waits for the next piece of its channel, or of its block where it names one, and that piece says in its own
   * text all that was held. Where none comes, what was held is judged as it stands.
   */
  readonly isHeld?: boolean | undefined
}

/** What becomes of a text of a frame where a policy redacts. */
export interface RedactedText {
  readonly text: string
  /** The same without what was cut out: of a cut that goes on in the next frame's text, the mark stands in the first. */
  readonly redacted: string
  /** Places in the text, maybe beyond its ends, that were cut out; empty where nothing was. */
  readonly cuts: ReadonlyArray<Cut>
}

/** How many characters of texts are not cut out. */
export const keptCharactersOf = (texts: ReadonlyArray<RedactedText>): number =>
  texts.reduce((sum, { cuts, text }) => sum + text.length - cutLengthOf(cuts, text), 0)

/** How many characters a frame says; what is held is said by a later one. */
export const charactersOf = (texts: ReadonlyArray<FrameText> = []): number =>
  texts.reduce((sum, { isHeld, text }) => sum + (isHeld === true ? 0 : text.length), 0)

/**
 * A piece of a stream. It goes out when all its texts, and those of all frames before it, were judged: frames never
 * change their order.
 */
export interface Frame<A> {
  /** What goes out, as it came. */
  readonly value: A
  /**
   * How many bytes it takes besides its texts, as far as is known: so much of a source is read ahead, and held, as takes
   * 256 KiB. Default: 0.
   */
  readonly size?: number | undefined
  /** Left out, the frame only keeps its place. */
  readonly texts?: ReadonlyArray<FrameText> | undefined
  /**
   * For guards that redact: told of each frame that goes out, in their order. Gives what goes out in its place, which is `value`
   * where nothing was cut out and nothing is repeated that was; undefined where the value cannot be said otherwise, and so is
   * held back. Left out, whatever holds a cut is.
   *
   * @param texts of the frame, in their order.
   */
  readonly redacted?: ((texts: ReadonlyArray<RedactedText>) => A | undefined) | undefined
}
