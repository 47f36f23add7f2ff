import { openOnce } from "@facet/sdk"

/** One Facet for the page and the route handler: opened by the first that needs it. */
export const model = openOnce({})
