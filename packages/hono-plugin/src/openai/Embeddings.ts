/** Vectors of texts, behind the form of OpenAI's embeddings. */
import { isLetIn } from "../isLetIn.ts"
import type { Exchange } from "../Exchange.ts"
import { unitLength } from "../unitLength.ts"
import type { CompletionModel } from "./CompletionModel.ts"
import { badRequest, contentFiltered, unsupported } from "./ApiError.ts"
import { atLeastOne, kindOf, RequestFields } from "./RequestFields.ts"

export interface EmbeddingJob {
  readonly model: string | undefined
  readonly texts: ReadonlyArray<string>
  readonly encoding: "float" | "base64"
  /** How many numbers a vector is to have; undefined for as many as the model gives. */
  readonly width: number | undefined
}

/** As many as OpenAI's API takes. */
const mostTexts = 2048

/** @throws ApiError that names the field that is wrong, or that cannot be honoured. */
export function readEmbeddingRequest(body: unknown): EmbeddingJob {
  const fields = new RequestFields(body)
  const job: EmbeddingJob = {
    model: fields.text("model"),
    texts: readTexts(fields.value("input"), "input"),
    encoding: readEncoding(fields),
    width: readWidth(fields),
  }
  fields.value("user")
  fields.finish()
  return job
}

export const readWidth = (fields: RequestFields): number | undefined => fields.number("dimensions", atLeastOne)

function readEncoding(fields: RequestFields): "float" | "base64" {
  const encoding = fields.text("encoding_format") ?? "float"
  if (encoding === "float" || encoding === "base64") return encoding
  throw badRequest("encoding_format", "it is neither float nor base64.", "invalid_value")
}

/** One text or a list of them, none of them empty. */
export function readTexts(input: unknown, field: string): ReadonlyArray<string> {
  if (input === undefined) throw badRequest(field, "it is missing.", "missing_required_parameter")
  const list: ReadonlyArray<unknown> = Array.isArray(input) ? input : [input]
  if (list.length === 0) throw badRequest(field, "the list is empty.", "invalid_value")
  if (list.length > mostTexts) {
    throw badRequest(field, `${list.length} texts where at most ${mostTexts} are allowed.`, "invalid_value")
  }
  return list.map((text, i) => readText(text, Array.isArray(input) ? `${field}[${i}]` : field))
}

function readText(text: unknown, path: string): string {
  if (typeof text === "number" || Array.isArray(text)) {
    // Clients make them with the tokenizers of OpenAI's models, which say other words here.
    throw unsupported(path, "this server embeds texts, and no token ids. Send the text.")
  }
  if (typeof text !== "string") throw badRequest(path, `${kindOf(text)} where a text is expected.`, "invalid_type")
  if (text === "") throw badRequest(path, "it is empty.", "invalid_value")
  if (!text.isWellFormed()) throw badRequest(path, "it has half a character: a lone surrogate.", "invalid_value")
  return text
}

/**
 * Embeds text after text, so that a long list takes one place in the queue and not all.
 *
 * @throws ApiError 400 for a text that the guard flags: all are judged before the first is embedded; and as `embedTexts`
 */
export async function embedAll(job: EmbeddingJob, server: CompletionModel, exchange: Exchange) {
  const { encoding } = job
  const { vectors, tokens } = await embedTexts(job, "input", server, exchange)
  const data = vectors.map((vector, index) => ({
    object: "embedding",
    index,
    embedding: encoding === "float" ? [...vector] : base64Of(vector),
  }))
  return { object: "list", data, model: server.model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

/** @throws ApiError 400 for vectors of another width than the model's, which would have to be cut. */
export async function embedTexts(
  { texts, width }: Pick<EmbeddingJob, "texts" | "width">,
  field: string,
  { facet, guard }: CompletionModel,
  exchange: Exchange,
): Promise<{ readonly vectors: ReadonlyArray<Float32Array>; readonly tokens: number }> {
  for (const text of texts) {
    if (!(await isLetIn(facet, guard, text, exchange))) throw contentFiltered(field)
  }
  const vectors: Array<Float32Array> = []
  let tokens = 0
  for (const text of texts) {
    const embedded = await facet.embed(text, exchange.call())
    const own = embedded.embedding.length
    if (width !== undefined && width !== own) {
      throw unsupported("dimensions", `the model's vectors have ${own} numbers. Leave it out.`)
    }
    vectors.push(unitLength(embedded.embedding))
    tokens += embedded.tokens
  }
  exchange.note({ usage: { promptTokens: tokens, completionTokens: 0, cachedTokens: 0 } })
  return { vectors, tokens }
}

/** Little-endian float32, as OpenAI's clients read it. */
function base64Of(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  for (const [i, value] of vector.entries()) view.setFloat32(i * 4, value, true)
  let binary = ""
  for (const byte of new Uint8Array(view.buffer)) binary += String.fromCharCode(byte)
  return btoa(binary)
}
