import * as Context from "effect/Context"

/**
 * Whose prefixes a request may reuse: only those of requests with the same salt. Requests that share a cache can be told
 * apart by their time, and by the tokens that they report as cached, so what one sent can be guessed word by word by
 * another. Default: one for all.
 */
export const CacheSalt = Context.Reference<string>("@facet/sdk/CacheSalt", { defaultValue: () => "" })
