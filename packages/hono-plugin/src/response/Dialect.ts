/** What the events of one protocol mean, once they are JSON. */
import type { FrameText } from "@facet/sdk"
import type { Json } from "../Json.ts"
import type { Ending } from "./Format.ts"

export interface Dialect {
  /** All that an event says. */
  texts(event: Json): ReadonlyArray<FrameText>
  /** Told of each event that went out. */
  sent(event: Json): void
  /** The lines that end a stream before its end. */
  ending(why: Ending): string
}
