import type { SharedV4FileData } from "@ai-sdk/provider"
import type { Sliced } from "@facet/sdk/words"
import type { Reader } from "./Reader.ts"

/** A file of a prompt or of an answer. */
interface FilePart {
  readonly data: SharedV4FileData
  readonly mediaType: string
  readonly filename?: string
}

/** What a file says, its name and its address included; nothing for pictures, sounds and other bytes. */
export function* wordsOfFilePart({ data, filename: name, mediaType }: FilePart, reader: Reader): Sliced<string> {
  if (data.type === "data") return yield* reader.wordsOfFileInSlices({ data: data.data, mediaType, name })
  return [reader.wordsOfFile({ data: "", name }), yield* wordsElsewhere(data, reader)]
    .filter((words) => words !== "")
    .join("\n")
}

function wordsElsewhere(data: Exclude<SharedV4FileData, { readonly type: "data" }>, reader: Reader): Sliced<string> {
  switch (data.type) {
    case "text":
      return reader.wordsOfJsonInSlices(data.text)
    case "url":
      return reader.wordsOfUrlInSlices(data.url.toString())
    case "reference":
      return reader.wordsOfJsonInSlices(data.reference)
  }
}
