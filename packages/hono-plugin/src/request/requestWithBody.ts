/**
 * The same request with a body that is unread.
 *
 * It is put together from what the request tells. A request that a framework hands in may be a Proxy, as Next.js's are,
 * and `new Request(proxy)` reads private fields that a Proxy has not.
 */
export function requestWithBody(
  request: Request,
  body: Uint8Array<ArrayBuffer>,
  headers: Headers = request.headers,
): Request {
  const { method, signal, url } = request
  // What Cloudflare's workers know of a connection: no other runtime has the field, or looks at it.
  const extra = "cf" in request ? { cf: request.cf } : {}
  // An empty body of a method that has none is not allowed.
  const told = body.length === 0 && /^(get|head)$/i.test(method) ? null : body
  return new Request(url, { method, headers: [...headers], body: told, signal, ...extra })
}
