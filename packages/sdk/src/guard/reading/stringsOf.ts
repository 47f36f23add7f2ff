/** The strings of a JSON value in their order, keys among them, with what their places tell about them. */
import { isList, isRecord, type JsonRecord } from "../../words/Json.ts"
import { joinTexts } from "./joinTexts.ts"
import { type FileToRead, textOfFile } from "./textOfFile.ts"

export interface StringAt {
  /** Where it lies: `choices[1].delta.content`. An element that carries an `index` of its own is named by that. */
  readonly path: string
  /** The field's own key; that of the list, for an element. */
  readonly key: string
  readonly text: string
  readonly isKey: boolean
  /** There when it is what a file holds. */
  readonly file?: FileFacts | undefined
}

/** What is told of a file beside its bytes. */
export type FileFacts = Omit<FileToRead, "data">

interface Visit {
  readonly value: unknown
  readonly key: string
  readonly path: string
  readonly isKey?: boolean
  readonly file?: FileFacts | undefined
}

type Visits = Generator<Visit, void, void>

const typeFields = ["mediaType", "media_type", "mimeType", "mime_type", "contentType", "content_type", "mimetype"]
const nameFields = ["filename", "file_name", "fileName"]
/** Fields that hold a file's bytes wherever they stand, and those that do beside a type, a name or an encoding. */
const bytesFields = new Set(["file_data", "fileData", "base64", "b64_json"])
const heldFields = new Set(["data", "bytes", "blob", "source", "file"])

/**
 * @param path the value's own name, put before each path.
 * @param joins whether the texts of a message's parts are one string.
 */
export function* stringsOf(value: unknown, path = "", joins = true): Generator<StringAt, void, void> {
  for (const at of stringsAndPauses(value, path, joins)) if (at !== undefined) yield at
}

/** So many values are looked at between two pauses. */
const mostAtOnce = 256

/** {@link stringsOf}, for threads on which others wait: `undefined` where nothing was found for a while. */
export function* stringsAndPauses(
  value: unknown,
  path = "",
  joins = true,
): Generator<StringAt | undefined, void, void> {
  let visits = 0
  // A stack of our own: what comes from outside may be nested deeper than a call stack reaches. It holds what is left of
  // each list, not all of its elements: nobody waits while a long one is put there.
  const stack: Array<Iterator<Visit, void, void>> = [[{ value, key: "", path }].values()]
  const within: Array<object> = []
  const around = new Set<object>()
  for (let left = stack.at(-1); left !== undefined; left = stack.at(-1)) {
    const visit = left.next().value
    if (++visits % mostAtOnce === 0) yield undefined
    if (visit === undefined) {
      stack.pop()
      const done = within.pop()
      if (done !== undefined) around.delete(done)
      continue
    }
    const { file, isKey = false, key, path: place, value: found } = visit
    const bytes = bytesIn(found)
    const text = bytes === undefined ? found : textOfFile({ data: bytes, ...file })
    if (typeof text === "string") {
      const isDecoded = bytes !== undefined
      if (text !== "") yield { path: place, key, text, isKey, file: isDecoded ? undefined : file }
      continue
    }
    // What holds itself says nothing new.
    if (!(isList(found) || isRecord(found)) || around.has(found)) continue
    within.push(found)
    around.add(found)
    stack.push(isList(found) ? elementsOf(visit, found, joins) : fieldsOf(visit, found))
  }
}

function* elementsOf({ file, key, path }: Visit, list: ReadonlyArray<unknown>, joins: boolean): Visits {
  const joined = joins ? joinedParts(list) : list
  for (const [position, element] of joined.entries()) {
    const own = isRecord(element) && Number.isInteger(element["index"]) ? Number(element["index"]) : position
    yield { value: element, key, path: `${path}[${own}]`, file }
  }
}

/** All texts of a message's parts stand where the first one does; what else the parts hold stays in its place. */
function joinedParts(list: ReadonlyArray<unknown>): ReadonlyArray<unknown> {
  if (list.every((part) => textPart(part) === undefined)) return list
  const textsByKind = new Map<string, Array<string>>()
  for (const part of list) {
    const { kind, text = "" } = textPart(part) ?? {}
    if (kind === undefined) continue
    const texts = textsByKind.get(kind)
    if (texts === undefined) textsByKind.set(kind, [text])
    else texts.push(text)
  }
  return list.map((part) => {
    const kind = textPart(part)?.kind
    if (kind === undefined || !isRecord(part)) return part
    const { text: _text, ...rest } = part
    const texts = textsByKind.get(kind)
    textsByKind.delete(kind)
    return texts === undefined ? rest : { ...part, text: joinTexts(texts) }
  })
}

/** Parts of one kind are cut out of one text. */
function textPart(part: unknown): { readonly kind: string; readonly text: string } | undefined {
  if (!isRecord(part)) return undefined
  const { text, type } = part
  if (typeof text !== "string") return undefined
  if (typeof type === "string") return { kind: /(^|_)text$/.test(type) ? "text" : type, text }
  return Object.keys(part).length === 1 ? { kind: "text", text } : undefined
}

function* fieldsOf(visit: Visit, object: JsonRecord): Visits {
  const facts = factsOf(object) ?? visit.file
  for (const key of Object.keys(object)) {
    const value = object[key]
    const path = visit.path === "" ? key : `${visit.path}.${key}`
    const holds = bytesFields.has(key) || heldFields.has(key) || (key === "content" && "encoding" in object)
    const file = bytesFields.has(key) ? (facts ?? {}) : holds ? facts : undefined
    yield { value: key, key: "", path, isKey: true }
    yield { value, key, path, file }
  }
}

function factsOf(object: JsonRecord): FileFacts | undefined {
  const mediaType = stringIn(object, typeFields)
  const name = stringIn(object, nameFields)
  if (mediaType === undefined && name === undefined && !("format" in object) && !("encoding" in object))
    return undefined
  return { mediaType, name }
}

const stringIn = (object: JsonRecord, keys: ReadonlyArray<string>): string | undefined =>
  keys.map((key) => object[key]).find((value) => typeof value === "string")

/** Bytes, and what becomes of Node's own in JSON. */
function bytesIn(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (!isRecord(value) || value["type"] !== "Buffer" || !isList(value["data"])) return undefined
  const { data } = value
  return data.every((byte) => typeof byte === "number") ? Uint8Array.from(data) : undefined
}
