/** Whom a server takes itself for: a page may not reach it under a name of the page's own. */
import { checkKnown, invalidRequest, show } from "@facet/sdk/words"
import type { MiddlewareHandler } from "hono"
import { problem } from "./Problems.ts"

export interface AllowHostsOptions {
  /** Names and addresses that are answered to besides {@link loopbackHosts}, without ports: `facet.example.com`. */
  readonly hosts?: ReadonlyArray<string> | undefined
}

/** What this machine calls itself. No name server can give them to a page. */
export const loopbackHosts = ["localhost", "127.0.0.1", "[::1]"] as const

/**
 * Answers only requests whose `Host` is this machine, or one of `hosts`, at any port; others get a problem document with
 * status 403. For a server that has no keys and listens at a loopback address: a page on the web can have its own name
 * resolve to 127.0.0.1 (DNS rebinding), and a browser then lets it ask and read as if the server were its own. The name
 * that it was asked under gives it away.
 *
 * @throws InvalidRequestError for a host that is none
 * @example
 * const app = new Hono()
 * app.use(allowHosts({ hosts: ["facet.internal"] }))
 * app.route("/", openai())
 */
export function allowHosts(options: AllowHostsOptions = {}): MiddlewareHandler {
  checkKnown(options, ["hosts"])
  const allowed = new Set([...loopbackHosts, ...(options.hosts ?? []).map(readHost)])
  return async function allowHosts(c, next) {
    const name = hostnameOf(c.req.header("host") ?? new URL(c.req.url).host)
    if (name !== undefined && allowed.has(name)) return next()
    return problem(403, "host-not-allowed", "The host is not allowed", refusal, { error: openaiError })
  }
}

/** It does not repeat the name: a client's words stay out of answers. */
const refusal =
  "This server has no API key, so it answers only to names of this machine: localhost, 127.0.0.1 and [::1]. Ask under " +
  "one of them, set an API key, or allow the name: `facet serve --allow-host NAME`, or `allowHosts({ hosts })`."

/** Clients of OpenAI's API find the reason where they look for it. */
const openaiError = { message: refusal, type: "invalid_request_error", param: null, code: "host_not_allowed" }

function readHost(host: string): string {
  const name = typeof host === "string" ? hostnameOf(host.includes("::") ? bracketed(host) : host) : undefined
  if (name !== undefined && !/:\d*$/.test(host.replace(/^.*(::|\])/, ""))) return name
  throw invalidRequest(
    "hosts",
    `${show(host)} is no name or address of a host`,
    "Pass names without scheme, port and path, such as facet.example.com.",
  )
}

const bracketed = (address: string): string => (address.startsWith("[") ? address : `[${address}]`)

/** The name as URLs spell it, without its port; undefined where it is none. */
function hostnameOf(host: string): string | undefined {
  const url = `http://${host}`
  // A user, a path or a query would let the name be read from the wrong place.
  if (!/^[^\s/\\?#@]+$/.test(host) || !URL.canParse(url)) return undefined
  return new URL(url).hostname
}
