/** Typed errors, as a server sends them. */
export { errorFromPlain as errorFromJson } from "@facet/sdk"
