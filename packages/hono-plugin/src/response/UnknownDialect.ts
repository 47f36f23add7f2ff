/** Events of any other protocol: every string goes on where the last event's left off, by its place in the event. */
import type { FrameText } from "@facet/sdk"
import { stringsOf } from "../json/StringAt.ts"
import type { Channels } from "./Channels.ts"
import type { Dialect, Json } from "./Dialect.ts"
import { eventLines } from "./eventLines.ts"
import type { Ending } from "./Format.ts"

export class UnknownDialect implements Dialect {
  readonly #channels: Channels

  constructor(channels: Channels) {
    this.#channels = channels
  }

  texts(event: Json): ReadonlyArray<FrameText> {
    const kind = typeof event["type"] === "string" ? event["type"] : "data"
    const index = typeof event["index"] === "number" ? `[${event["index"]}]` : ""
    return stringsOf(event).flatMap(({ path, text }) =>
      this.#channels.append(`${kind}${index} ${path}`, text, /\.(arguments|partial_json)$/.test(path)),
    )
  }

  sent(): void {}

  ending(why: Ending): string {
    return eventLines("error", toldEnding(why))
  }
}

/** A problem document's words for an answer that ends early. */
export const toldEnding = (why: Ending): Json =>
  why.type === "blocked"
    ? { type: "urn:facet:problem:blocked", title: "The answer was blocked", verdict: why.verdict }
    : { type: "urn:facet:problem:failed", title: "The answer broke off", detail: why.message, code: why.code }
