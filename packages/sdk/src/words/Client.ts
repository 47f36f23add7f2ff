import * as Context from "effect/Context"

/**
 * Whose request it is. Where there are more than can be under way at once, the clients take turns, whoever of them asks
 * most. Default: the request's cache salt; without one, nobody's.
 */
export const Client = Context.Reference<string | undefined>("@facet/sdk/Client", { defaultValue: () => undefined })
