/**
 * JSON documents one a line (NDJSON). Rather than server-sent events, since those add names and reconnection that only
 * `EventSource` uses, which cannot POST; a line can be read by anything.
 */

export const linesType = "application/x-ndjson"

export const lineOf = (document: object): string => `${JSON.stringify(document)}\n`

/** Cuts the bytes of a body into lines, as they come. */
export class LineSplitter {
  readonly #decoder = new TextDecoder()
  #rest = ""

  /** The lines that are complete with these bytes. An empty line says nothing but that the server lives. */
  push(bytes: Uint8Array): ReadonlyArray<string> {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n")
    this.#rest = lines.pop() ?? ""
    return lines.filter((line) => line !== "")
  }

  /** Whether the body ended in the middle of a line. */
  get isCut(): boolean {
    return this.#rest !== ""
  }
}
