/** How a guard reads an answer of one content type, and how such an answer ends early. */
import {
  charactersOf,
  type Frame,
  type FrameText,
  type JsonRedaction,
  keptCharactersOf,
  type RedactedText,
} from "@facet/sdk"
import type { UnreadableBodyError } from "../UnreadableBodyError.ts"
import type { BlockingVerdict } from "./verdictOf.ts"

/** Bytes of an answer that are released together, as they came. */
export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Whether it says anything that is judged. */
  readonly hasText: boolean
  /** How many characters that is. */
  readonly characters: number
  /** Told when the piece goes out. */
  readonly sent?: (() => void) | undefined
}

/** Why an answer ends before its end. */
export type Ending =
  | { readonly type: "blocked"; readonly verdict: BlockingVerdict }
  /** In words for the client: what the app's own errors say is the app's affair. */
  | { readonly type: "failed"; readonly code: string; readonly message: string }

/** Told of what cannot be judged; throws it where nothing may go out unjudged. */
export type Unreadable = (error: UnreadableBodyError) => void

export interface Format {
  /** Released all at once only: it has no way to say in the middle that it ends early. */
  readonly isWhole: boolean
  /** Whether something was left out of what was read, so that the bytes are others. */
  readonly isRewritten: boolean
  /** Cuts the answer into frames. */
  read(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Frame<Piece>>
  /** What follows the pieces that went out, so that the client knows; undefined where the format has no such words. */
  ending(why: Ending): string | undefined
}

/** The bytes that say a frame's texts without what was cut out; undefined where they cannot. */
export type Redact = (texts: ReadonlyArray<RedactedText>) => Uint8Array<ArrayBuffer> | undefined

/** How a value is said without what is cut out of it; `bytes` are what says it as it is. */
export const redacting =
  <A>(
    redaction: JsonRedaction,
    bytes: Uint8Array<ArrayBuffer>,
    value: A,
    texts: ReadonlyArray<FrameText>,
    write: (value: A) => Uint8Array<ArrayBuffer>,
  ): Redact =>
  (redacted) => {
    const said = redaction.apply(value, texts, redacted)
    if (said === undefined) return undefined
    return said === value ? bytes : write(said)
  }

/** A piece with what it says; what is held says nothing yet. */
export const frameOf = (
  bytes: Uint8Array<ArrayBuffer>,
  texts: ReadonlyArray<FrameText>,
  sent?: () => void,
  redact?: Redact,
): Frame<Piece> => {
  const value: Piece = { bytes, ...measured(texts), sent }
  return { value, size: bytes.length, texts, ...(redact !== undefined && { redacted: redactedPiece(value, redact) }) }
}

const redactedPiece =
  (piece: Piece, redact: Redact) =>
  (texts: ReadonlyArray<RedactedText>): Piece | undefined => {
    const bytes = redact(texts)
    if (bytes === undefined || bytes === piece.bytes) return bytes && piece
    return { ...piece, bytes, characters: keptCharactersOf(texts) }
  }

const measured = (texts: ReadonlyArray<FrameText>): Pick<Piece, "characters" | "hasText"> => {
  const characters = charactersOf(texts)
  return { characters, hasText: characters > 0 }
}
