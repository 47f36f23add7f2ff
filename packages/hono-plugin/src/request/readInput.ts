/** What a request asks, whatever its content type. */
import { isTextType, wordsOfFile, wordsOfJson } from "@facet/sdk"
import type { Context } from "hono"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { type Decoding, decodingOf } from "../decodingOf.ts"
import { parseJson } from "@facet/sdk/words"
import { joined } from "../joined.ts"
import { type MediaType, mediaTypeOf } from "../MediaType.ts"
import { UnreadableBodyError } from "../UnreadableBodyError.ts"
import { type Input, inputOf, noInput } from "./Input.ts"
import { inputOfJson } from "./inputOfJson.ts"
import { type Body, readBody, tooLarge } from "./readBody.ts"

/** @throws UnreadableBodyError when the body is too large, malformed, or of a kind that cannot be judged */
export async function readInput(c: Context, limit: number): Promise<Input> {
  const body = await readBody(c, limit)
  if (body === undefined) return noInput
  const bytes = await decoded(body, c.req.header("content-encoding"), limit)
  const type = mediaTypeOf(body.contentType)
  checkCharset(type)
  if (type.name === "multipart/form-data") return inputOfForm(bytes, body.contentType)
  if (type.isJson) return inputOfJson(parsed(decodeUtf8(bytes, "input", refuse)))
  if (type.name === "application/x-www-form-urlencoded") return inputOfFields(decodeUtf8(bytes, "input", refuse))
  if (type.name === "" || isTextType(type.name)) return inputOfText(decodeUtf8(bytes, "input", refuse))
  throw unsupported(`The request is ${type.name}, which cannot be judged`, "Send JSON, a form or text.")
}

/** Handlers read JSON whatever the content type says. */
function inputOfText(text: string): Input {
  const json = parseJson(text)
  return json === undefined || typeof json.value === "number" ? inputOf([wordsOfJson(text)]) : inputOfJson(json.value)
}

function inputOfFields(text: string): Input {
  const json = parseJson(text)
  if (json !== undefined) return inputOfJson(json.value)
  const fields = [...new URLSearchParams(text)]
  // A field without a value is a text that only looks like a form.
  return inputOf(fields.flatMap(([name, value]) => (value === "" ? [wordsOfJson(name)] : wordsOfField(name, value))))
}

async function inputOfForm(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Input> {
  const texts: Array<string> = []
  for (const [field, value] of await formOf(bytes, contentType)) {
    if (typeof value === "string") texts.push(...wordsOfField(field, value))
    else {
      const data = new Uint8Array(await value.arrayBuffer())
      texts.push(wordsOfJson({ [field]: null }), wordsOfFile({ data, mediaType: value.type, name: value.name }))
    }
  }
  return inputOf(texts)
}

/** A field's name is read like a key of JSON. */
const wordsOfField = (name: string, value: string): ReadonlyArray<string> => [
  wordsOfJson({ [name]: null }),
  inputOfText(value).input,
]

async function formOf(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { "content-type": contentType } }).formData()
  } catch (cause) {
    throw malformed("The request is no multipart form", "Send a form with the boundary that its header names.", cause)
  }
}

function parsed(text: string): unknown {
  const json = parseJson(text)
  if (json === undefined) throw malformed("The request is no JSON", "Send a JSON document.")
  return json.value
}

/** Reads a compressed body for judging; the handler gets it as it came. */
async function decoded({ bytes }: Body, encoding: string | undefined, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const decoding = decodingOf(encoding)
  if (decoding === "none") return bytes
  if (decoding === undefined) {
    throw unsupported(`The request's encoding "${encoding}" cannot be read`, "Send it as it is, or with gzip.")
  }
  return inflated(bytes, decoding, limit)
}

/** Counts what comes out: a small body may unfold to a large one. */
async function inflated(
  bytes: Uint8Array<ArrayBuffer>,
  decoding: Decoding,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Array<Uint8Array> = []
  let length = 0
  try {
    for await (const chunk of new Blob([bytes]).stream().pipeThrough(new DecompressionStream(decoding))) {
      length += chunk.length
      if (length > limit) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw malformed(`The request is no ${decoding}`, "Send what its content-encoding says.", cause)
  }
  if (length > limit) throw tooLarge(limit)
  return joined(chunks)
}

function checkCharset({ charset, name }: MediaType): void {
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return
  throw unsupported(`The request is ${name} in ${charset}, which cannot be judged`, "Send it as UTF-8.")
}

/** What is sent is refused whatever `onError` says: no handler could read it either. */
const refuse = (error: UnreadableBodyError): never => {
  throw error
}

const unsupported = (problem: string, remedy: string): UnreadableBodyError =>
  new UnreadableBodyError({ of: "input", reason: "unsupported", problem, remedy })

const malformed = (problem: string, remedy: string, cause?: unknown): UnreadableBodyError =>
  new UnreadableBodyError({ of: "input", reason: "malformed", problem, remedy }, { cause })
