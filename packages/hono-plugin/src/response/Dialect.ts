/** What the events of one protocol mean, once they are JSON. */
import type { FrameText } from "@facet/sdk"
import type { Ending } from "./Format.ts"

export type Json = Readonly<Record<string, unknown>>

export interface Dialect {
  /** All that an event says, in the order in which it says it. */
  texts(event: Json): ReadonlyArray<FrameText>
  /** Told of each event that went out. */
  sent(event: Json): void
  /** The lines that end a stream before its end. */
  ending(why: Ending): string
}
