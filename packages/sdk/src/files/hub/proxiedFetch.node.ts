/** `fetch` through the proxy that the usual variables name. */
import type { Fetch } from "../http/HttpSource.ts"

const names = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"]

/** Whether a variable names a proxy: in capital letters, or in small ones as curl reads them. */
const isProxied = (): boolean => names.flatMap((name) => [name, name.toLowerCase()]).some((name) => process.env[name])

let agent: Promise<Fetch> | undefined

/**
 * Makes a request, through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name. Node's own `fetch` heeds them
 * only from some releases on and when it was started so; undici, which that `fetch` is made of, always can.
 */
export const proxiedFetch: Fetch = async (url, init) => {
  if (!isProxied()) return fetch(url, init)
  agent ??= import("undici").then(({ EnvHttpProxyAgent, fetch: through }) => {
    const { ALL_PROXY, all_proxy } = process.env
    const all = all_proxy || ALL_PROXY
    const dispatcher = new EnvHttpProxyAgent(all === undefined || all === "" ? {} : proxies(all))
    // The same functions and classes as Node's, of another copy of undici: their types do not know of each other.
    return (address, options) =>
      through(address, { ...(options as object), dispatcher }) as unknown as Promise<Response>
  })
  return (await agent)(url, init)
}

/** What stands for all goes where nothing is said of the kind. */
function proxies(all: string): { readonly httpProxy: string; readonly httpsProxy: string } {
  const { HTTP_PROXY, HTTPS_PROXY, http_proxy, https_proxy } = process.env
  return { httpProxy: http_proxy || HTTP_PROXY || all, httpsProxy: https_proxy || HTTPS_PROXY || all }
}
