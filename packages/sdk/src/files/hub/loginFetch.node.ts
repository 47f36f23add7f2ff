/** Requests with a login, which no other host may learn. */
import { HostFailure } from "../http/HostFailure.ts"
import type { Fetch } from "../http/HttpSource.ts"
import { proxiedFetch } from "./proxiedFetch.node.ts"

const mostRedirects = 8

/** What the Hub says of a file in the answer that sends us to another host. */
const linkedHeaders = ["x-linked-etag", "x-linked-size", "x-repo-commit", "x-xet-hash"]

/**
 * `fetch` that follows redirects by itself: the login goes to its own origin alone, and what that says of a file in a
 * redirect stands in the headers of the last answer. A file's own `ETag` at its origin is kept as `X-Linked-Etag`.
 *
 * @param origin whose login it is.
 * @param authorization the header's value; undefined without a login.
 */
export function loginFetch(origin: string, authorization: string | undefined, request: Fetch = proxiedFetch): Fetch {
  return async (url, init) => {
    const linked = new Map<string, string>()
    let address = new URL(url)
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const isOwn = address.origin === origin
      const headers = new Headers(init.headers)
      if (isOwn && authorization !== undefined) headers.set("authorization", authorization)
      const response = await request(address.href, {
        ...init,
        headers: Object.fromEntries(headers),
        redirect: "manual",
      })
      if (isOwn) for (const name of linkedHeaders) remember(linked, name, response.headers.get(name))
      if (!isOwn && (response.status === 401 || response.status === 403)) {
        await response.body?.cancel()
        // The hub let us pass; the address that it gave is signed, and was too old or is not for here.
        throw new HostFailure(
          "refused",
          `${address.host}, which the host sent us to, refused with status ${response.status}`,
        )
      }
      const location = response.headers.get("location")
      if (response.status < 300 || response.status >= 400 || response.status === 304 || location === null) {
        if (isOwn && response.ok && !linked.has("x-linked-etag")) {
          remember(linked, "x-linked-etag", response.headers.get("etag"))
        }
        return withHeaders(response, linked)
      }
      await response.body?.cancel()
      address = next(address, location)
    }
    throw new HostFailure("refused", `the host redirects more than ${mostRedirects} times`)
  }
}

function remember(linked: Map<string, string>, name: string, value: string | null): void {
  if (value !== null) linked.set(name, value)
}

function next(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new HostFailure("refused", "the host redirects to what is no URL")
  const to = new URL(location, from.href)
  const isWeb = to.protocol === "https:" || (to.protocol === "http:" && from.protocol === "http:")
  if (!isWeb) throw new HostFailure("refused", `the host redirects to a ${to.protocol} address`)
  return to
}

/** The headers of an answer cannot be changed. */
function withHeaders(response: Response, linked: ReadonlyMap<string, string>): Response {
  if (linked.size === 0) return response
  const headers = new Headers(Object.fromEntries(response.headers))
  for (const [name, value] of linked) headers.set(name, value)
  const { status, statusText } = response
  return new Response(isBodiless(status) ? null : response.body, { headers, status, statusText })
}

const isBodiless = (status: number): boolean => [101, 204, 205, 304].includes(status)
