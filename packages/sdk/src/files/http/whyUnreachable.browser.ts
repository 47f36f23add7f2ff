/** Why a page got no answer. The browser tells a page nothing but that a request failed, so the cause is tried out. */
import type { Unreachable } from "./HttpSource.ts"

const corsRemedy =
  "Send `Access-Control-Allow-Origin` with the files (and expose `ETag, Content-Range`), or serve them from the page's own origin."

/** A visitor of the Hub cannot change what it sends. */
const hubRemedy =
  "Check the network, and that `connect-src` allows https://huggingface.co and https://*.hf.co. A model that asks for a login there cannot be fetched by a page: host a copy that you may share."

/** Finds out why a `fetch` of the URL failed without a response. Never rejects. */
export async function whyUnreachable(url: string): Promise<Unreachable> {
  const target = new URL(url)
  if (!navigator.onLine) {
    return {
      problem: "the browser is offline, and the model is not stored completely",
      remedy: "Go online and try again: what has arrived is kept.",
    }
  }
  if (self.location.protocol === "https:" && target.protocol === "http:" && !isLoopback(target.hostname)) {
    return { problem: "an https page may not fetch over http", remedy: "Serve the model over https." }
  }
  const host = target.host
  if (target.origin === self.location.origin) {
    return {
      problem: `${host} does not answer, or the page's Content-Security-Policy forbids it`,
      remedy: "Check the server, and that `connect-src` allows it.",
    }
  }
  if (host === "huggingface.co") {
    return { problem: `${host} does not answer, or not to a page without a login`, remedy: hubRemedy }
  }
  if (await answersOpaquely(url)) {
    return { problem: `${host} answers, but lets no other site read its files (CORS)`, remedy: corsRemedy }
  }
  return {
    problem: `${host} does not answer, lets no other site read its files (CORS), or is forbidden by the page's Content-Security-Policy`,
    remedy: `Check the network and the URL, and that \`connect-src\` allows it. ${corsRemedy}`,
  }
}

const isLoopback = (hostname: string): boolean => /^(?:localhost|127\.[\d.]+|\[::1\]|.+\.localhost)$/.test(hostname)

/** In a cross-origin isolated page this fails for most hosts too: then a missing CORS header cannot be told from silence. */
const answersOpaquely = (url: string): Promise<boolean> =>
  fetch(url, { mode: "no-cors", cache: "no-store", method: "HEAD", signal: AbortSignal.timeout(5000) }).then(
    () => true,
    () => false,
  )
