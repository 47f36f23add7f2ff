import type { SharedV4FileData } from "@ai-sdk/provider"
import type { Reader } from "./Reader.ts"

/** A file of a prompt or of an answer. */
interface FilePart {
  readonly data: SharedV4FileData
  readonly mediaType: string
  readonly filename?: string
}

/** What a file says, its name and its address included; nothing for pictures, sounds and other bytes. */
export function wordsOfFilePart({ data, filename: name, mediaType }: FilePart, reader: Reader): string {
  if (data.type === "data") return reader.wordsOfFile({ data: data.data, mediaType, name })
  return [reader.wordsOfFile({ data: "", name }), wordsElsewhere(data, reader)]
    .filter((words) => words !== "")
    .join("\n")
}

function wordsElsewhere(data: Exclude<SharedV4FileData, { readonly type: "data" }>, reader: Reader): string {
  switch (data.type) {
    case "text":
      return reader.wordsOfJson(data.text)
    case "url":
      return reader.wordsOfUrl(data.url.toString())
    case "reference":
      return reader.wordsOfJson(data.reference)
  }
}
