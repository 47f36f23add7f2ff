/** The body of a request as JSON. */
import { joined } from "./joined.ts"
import { ApiError, badRequest } from "./openai/ApiError.ts"

/** @throws ApiError 415 for another type or encoding, 413 for more than `limit` bytes, 400 for what is no JSON. */
export async function readJsonBody(request: Request, limit: number): Promise<unknown> {
  checkHeaders(request.headers)
  const text = decode(await readBytes(request, limit))
  if (text.trim() === "")
    throw badRequest(undefined, "The body is empty where a JSON object is expected.", "invalid_json")
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which is the client's affair alone.
    throw badRequest(undefined, "The body is not valid JSON.", "invalid_json")
  }
}

function checkHeaders(headers: Headers): void {
  const type = (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? ""
  if (!/^application\/(?:[\w.+-]+\+)?json$/.test(type)) {
    throw new ApiError(415, "Send JSON, with the header Content-Type: application/json.", {
      code: "unsupported_media_type",
    })
  }
  const encoding = (headers.get("content-encoding") ?? "identity").trim().toLowerCase()
  if (encoding !== "identity") {
    throw new ApiError(415, "Send the body without a Content-Encoding.", { code: "unsupported_content_encoding" })
  }
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  // A length that is announced honestly spares reading; one that is not is found out below.
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge(limit)
  const chunks: Array<Uint8Array> = []
  let length = 0
  const reader = request.body?.getReader()
  for (;;) {
    const next = await reader?.read()
    if (next?.value === undefined) break
    length += next.value.byteLength
    if (length > limit) {
      reader?.cancel().catch(() => undefined)
      throw tooLarge(limit)
    }
    chunks.push(next.value)
  }
  return joined(chunks)
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw badRequest(undefined, "The body is not valid UTF-8.", "invalid_utf8")
  }
}

const tooLarge = (limit: number): ApiError =>
  new ApiError(413, `The body is larger than the ${limit} bytes that this server takes.`, { code: "body_too_large" })
