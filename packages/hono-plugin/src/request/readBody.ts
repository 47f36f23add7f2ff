/** Reads a request's body once, and leaves the request as it was. */
import type { Context } from "hono"
import { joined } from "../joined.ts"
import { requestWithBody } from "./requestWithBody.ts"
import { UnreadableBodyError } from "../UnreadableBodyError.ts"

export interface Body {
  /** As they came. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly contentType: string
}

/**
 * Undefined when there is no body. Handlers find theirs unread, however they read it.
 *
 * @throws UnreadableBodyError when there are more bytes than `limit`
 */
export async function readBody(c: Context, limit: number): Promise<Body | undefined> {
  const { raw } = c.req
  const { formData } = c.req.bodyCache
  checkLength(raw.headers.get("content-length"), limit)
  const read = raw.bodyUsed ? await readAgain(c) : await readFirst(raw, limit)
  if (read === undefined) return undefined
  if (read.bytes.length > limit) throw tooLarge(limit)
  // A form that Hono has read stays read: written anew, its boundary would not be the one in the headers.
  if (formData === undefined) putBack(c, read)
  return read.bytes.length === 0 ? undefined : read
}

/** Makes the body unread again. */
export function putBack(c: Context, { bytes }: Body): void {
  c.req.raw = requestWithBody(c.req.raw, bytes)
}

async function readFirst(raw: Request, limit: number): Promise<Body | undefined> {
  if (raw.body === null) return undefined
  const chunks: Array<Uint8Array> = []
  let length = 0
  const reader = raw.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > limit) {
      await reader.cancel()
      throw tooLarge(limit)
    }
    chunks.push(value)
  }
  return { bytes: joined(chunks), contentType: raw.headers.get("content-type") ?? "" }
}

/** A middleware before this one has read the body: Hono remembers what it was. */
async function readAgain(c: Context): Promise<Body> {
  const form = c.req.bodyCache.formData
  const kept = form === undefined ? undefined : new Response(await Promise.resolve(form).catch(refuseForm))
  const bytes = new Uint8Array(await (kept ?? c.req).arrayBuffer())
  return { bytes, contentType: kept?.headers.get("content-type") ?? c.req.header("content-type") ?? "" }
}

/** Somebody before this middleware took it for a form, and nothing is left of it. */
function refuseForm(cause: unknown): never {
  const problem = "The request was read as a form, and is none"
  const remedy = "Send a form, with the content type of one."
  throw new UnreadableBodyError({ of: "input", reason: "malformed", problem, remedy }, { cause })
}

function checkLength(header: string | null, limit: number): void {
  if (header !== null && Number(header) > limit) throw tooLarge(limit)
}

export const tooLarge = (limit: number): UnreadableBodyError =>
  new UnreadableBodyError({
    of: "input",
    reason: "too large",
    problem: `The request has more than ${limit} bytes`,
    remedy: "Send less.",
  })
