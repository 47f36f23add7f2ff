import type { Context } from "hono"

/** Headers about bytes that are no longer the same. */
const ofLength = "content-length etag content-md5 digest content-digest repr-digest accept-ranges content-range".split(
  " ",
)

/** Headers about a body that another one takes the place of. */
const ofBody = [
  ...ofLength,
  ..."content-type content-encoding content-language content-location content-disposition transfer-encoding".split(" "),
  ..."cache-control expires age last-modified".split(" "),
  "x-vercel-ai-ui-message-stream",
]

export function withoutLength(headers: Headers): Headers {
  const rest = new Headers(headers)
  for (const name of ofLength) rest.delete(name)
  return rest
}

/** Puts a response in the place of the handler's. What others have set, such as CORS and cookies, stays. */
export function replaceResponse(c: Context, response: Response): void {
  const before = new Headers(c.res.headers)
  for (const name of ofBody) before.delete(name)
  const headers = new Headers(response.headers)
  for (const [name, value] of before) {
    if (name === "set-cookie" ? !headers.getSetCookie().includes(value) : !headers.has(name))
      headers.append(name, value)
  }
  // Otherwise Hono writes the headers of the old response over those of the new one.
  c.res = undefined
  c.res = new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
