import { bytesOfBase64, decode, readableText } from "./Bytes.ts"
import { type Sliced, whole } from "../../words/Sliced.ts"
import { isOpaqueInSlices } from "./Language.ts"
import { isTextName, isTextType } from "./TextTypes.ts"

/** A file, or a part of a message that holds one. */
export interface FileToRead {
  /** Its bytes; or a string, which is base64 or the text itself. */
  readonly data: Uint8Array | string
  /** As it is told, with or without parameters. */
  readonly mediaType?: string | undefined
  readonly name?: string | undefined
}

/** How pictures, sounds, PDF and zip files begin in base64. */
const signatures = /^(iVBORw0KGgo|\/9j\/|R0lGOD|UklGR|JVBERi0|UEsDB|SUQz|T2dnUw|\/\/[uv]|GkXfo|H4sI|AAAA.{0,4}ZnR5c)/

/**
 * The text in a file: by its media type, by its name, or since its bytes are text from beginning to end, whatever
 * somebody called them. Empty for pictures, sounds and other bytes.
 */
export const textOfFile = (file: FileToRead): string => whole(textOfFileInSlices(file))

export function* textOfFileInSlices({ data, mediaType = "", name = "" }: FileToRead): Sliced<string> {
  const isText = isTextType(mediaType) || isTextName(name)
  if (typeof data !== "string") return textOfBytes(data, isText, mediaType)
  const bytes = bytesOfBase64(data)
  yield
  if (bytes === undefined) return data
  // Letters may be base64 by chance: `bomb` is.
  const isBytes = signatures.test(data) || (yield* isOpaqueInSlices(data.replaceAll(/\s/g, ""), 1))
  const own = isBytes ? "" : data
  const text = readableText(bytes) ?? (isText && own === "" ? decode(bytes, charsetOf(mediaType)) : "")
  return own === "" || text === "" ? own + text : `${own}\n${text}`
}

const textOfBytes = (bytes: Uint8Array, isText: boolean, mediaType: string): string =>
  isText ? decode(bytes, charsetOf(mediaType)) : (readableText(bytes) ?? "")

export const charsetOf = (mediaType: string): string | undefined => /;\s*charset="?([^\s;"]+)/i.exec(mediaType)?.[1]
