/** What hooks need of a Facet, be it in the page or behind a server. */
import type { Facet } from "@facet/sdk"

export interface Effects extends Pick<Facet, "generate" | "stream" | "shield" | "inspect"> {}
