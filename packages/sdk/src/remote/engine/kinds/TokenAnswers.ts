/** What servers answer who are asked for tokens. */
import { isList } from "../../../words/Json.ts"
import type { Endpoint } from "../connection/Endpoint.ts"

/** @throws ServerError for what is no list of token ids */
export function idsOf(endpoint: Endpoint, path: string, tokens: unknown): ReadonlyArray<number> {
  if (isList(tokens) && tokens.every((id) => typeof id === "number")) return tokens
  return endpoint.misread(path, "no list of token ids")
}

/** @throws ServerError for what is no text */
export const textOf = (endpoint: Endpoint, path: string, text: unknown): string =>
  typeof text === "string" ? text : endpoint.misread(path, "no text")
