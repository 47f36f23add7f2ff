/** Events of any other protocol: every string goes on where the last event's left off, by its place in the event. */
import { type FrameText, isNameShaped, type StreamWords } from "@facet/sdk"
import type { JsonRecord } from "@facet/sdk/words"
import type { Dialect } from "./Dialect.ts"
import { eventLines } from "./eventLines.ts"
import type { Ending } from "./Format.ts"

export class UnknownDialect implements Dialect {
  readonly #words: StreamWords

  constructor(words: StreamWords) {
    this.#words = words
  }

  /** Events of one type go on with one another; a type that is no name is itself a text. */
  texts({ type, ...rest }: JsonRecord): ReadonlyArray<FrameText> {
    const kind = typeof type === "string" && isNameShaped(type) ? type : "data"
    const index = typeof rest["index"] === "number" ? `[${rest["index"]}]` : ""
    return [...this.#words.fields("data ", { type }), ...this.#words.fields(`${kind}${index} `, rest)]
  }

  sent(): void {}

  ending(why: Ending): string {
    return eventLines("error", toldEnding(why))
  }
}

/** A problem document's words for an answer that ends early. */
export const toldEnding = (why: Ending): JsonRecord =>
  why.type === "blocked"
    ? { type: "urn:facet:problem:blocked", title: "The answer was blocked", verdict: why.verdict }
    : { type: "urn:facet:problem:failed", title: "The answer broke off", detail: why.message, code: why.code }
