/** What the events of one protocol mean, once they are JSON. */
import type { FrameText } from "@facet/sdk"
import type { JsonRecord } from "@facet/sdk/words"
import type { Ending } from "./Format.ts"

export interface Dialect {
  /** All that an event says. */
  texts(event: JsonRecord): ReadonlyArray<FrameText>
  /** Told of each event that went out. */
  sent(event: JsonRecord): void
  /** The lines that end a stream before its end. */
  ending(why: Ending): string
}
