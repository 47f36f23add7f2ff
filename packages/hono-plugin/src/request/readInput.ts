/** What a request asks, whatever its content type. */
import { isTextType, repeatsName, wordsOfFileInSlices, wordsOfJsonInSlices } from "@facet/sdk"
import type { Context } from "hono"
import { decodeUtf8 } from "../decodeUtf8.ts"
import { type Decoding, decodingOf } from "../decodingOf.ts"
import { type GuardPlan, parseJson, runInSlices, type Sliced } from "@facet/sdk/words"
import { joined } from "../joined.ts"
import { type MediaType, mediaTypeOf } from "../MediaType.ts"
import { UnreadableBodyError } from "../UnreadableBodyError.ts"
import { type Input, inputOf, noInput, wholeOf } from "./Input.ts"
import { inputOfJson } from "./inputOfJson.ts"
import { type Body, readBody, tooLarge } from "./readBody.ts"

type Whose = GuardPlan["whose"]

/** A form decides how many chats are in it. */
const mostOfForm = 32

/** A body that is text, and what it is read as. */
export interface TextBody {
  readonly kind: "json" | "fields" | "text"
  readonly text: string
}

/** What a request asks, and the text that it asks it in; a form of files has none. */
export interface ReadInput {
  readonly input: Input
  readonly body?: TextBody | undefined
}

/** @throws UnreadableBodyError when the body is too large, malformed, or of a kind that cannot be judged */
export async function readInput(c: Context, limit: number, whose: Whose): Promise<ReadInput> {
  const body = await readBody(c, limit)
  if (body === undefined) return { input: noInput }
  const bytes = await decoded(body, c.req.header("content-encoding"), limit)
  const type = mediaTypeOf(body.contentType)
  checkCharset(type)
  if (type.name === "multipart/form-data") return { input: await inputOfForm(bytes, body.contentType, whose) }
  const isFields = type.name === "application/x-www-form-urlencoded"
  if (type.isJson || isFields || type.name === "" || isTextType(type.name)) {
    const kind = type.isJson ? "json" : isFields ? "fields" : "text"
    return runInSlices(inputOfBytes(bytes, kind, whose))
  }
  throw unsupported(`The request is ${type.name}, which cannot be judged`, "Send JSON, a form or text.")
}

/** Others have their turn between the steps that cannot be cut: of a megabyte each takes some milliseconds. */
function* inputOfBytes(bytes: Uint8Array, kind: TextBody["kind"], whose: Whose): Sliced<ReadInput> {
  const body = { kind, text: decodeUtf8(bytes, "input", refuse) }
  yield
  return { input: yield* inputOfBody(body, whose), body }
}

/** @throws UnreadableBodyError when it is no JSON, and has to be */
export function* inputOfBody({ kind, text }: TextBody, whose: Whose): Sliced<Input> {
  if (kind === "fields") return yield* inputOfFields(text, whose)
  if (kind === "text") return yield* inputOfText(text, whose)
  const body = parsed(text)
  yield
  return yield* inputOfJson(body, whose)
}

/** Handlers read JSON whatever the content type says. */
function* inputOfText(text: string, whose: Whose): Sliced<Input> {
  const json = documentOf(text)
  const isText = json === undefined || typeof json.value === "number"
  return isText ? inputOf([yield* wordsOfJsonInSlices(text)]) : yield* inputOfJson(json.value, whose)
}

function* inputOfFields(text: string, whose: Whose): Sliced<Input> {
  const json = documentOf(text)
  if (json !== undefined) return yield* inputOfJson(json.value, whose)
  const inputs: Array<Input> = []
  for (const [name, value] of new URLSearchParams(text)) {
    // A field without a value is a text that only looks like a form.
    if (value === "") inputs.push(inputOf([yield* wordsOfJsonInSlices(name)]))
    else inputs.push(yield* nameOf(name), yield* inputOfText(value, whose))
    yield
  }
  return together(inputs)
}

async function inputOfForm(bytes: Uint8Array<ArrayBuffer>, contentType: string, whose: Whose): Promise<Input> {
  const inputs: Array<Input> = []
  for (const [field, value] of await formOf(bytes, contentType)) {
    inputs.push(await runInSlices(nameOf(field)))
    if (typeof value === "string") inputs.push(await runInSlices(inputOfText(value, whose)))
    else {
      const data = new Uint8Array(await value.arrayBuffer())
      const words = wordsOfFileInSlices({ data, mediaType: value.type, name: value.name })
      inputs.push(inputOf([await runInSlices(words)]))
    }
  }
  return together(inputs)
}

/** A field's name is read like a key of JSON. */
function* nameOf(field: string): Sliced<Input> {
  return inputOf([yield* wordsOfJsonInSlices({ [field]: null })])
}

/** The fields of a form are one text. A chat in one of them is judged as a chat, too. */
function together(inputs: ReadonlyArray<Input>): Input {
  const chats = inputs.filter(({ input }) => input.length > 1)
  const all = inputOf(inputs.map(wholeOf))
  return { ...all, input: [...chats.flatMap(({ input }) => input).slice(-mostOfForm), ...all.input] }
}

async function formOf(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { "content-type": contentType } }).formData()
  } catch (cause) {
    throw malformed("The request is no multipart form", "Send a form with the boundary that its header names.", cause)
  }
}

/**
 * A JSON document, where the text is one.
 *
 * @throws UnreadableBodyError where it says something twice: the handler, or who is behind it, might read what was not judged
 */
function documentOf(text: string): { readonly value: unknown } | undefined {
  const json = parseJson(text)
  if (json === undefined || !repeatsName(text)) return json
  throw malformed("An object of the request has a name twice", "Give each name once.")
}

function parsed(text: string): unknown {
  const json = documentOf(text)
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
