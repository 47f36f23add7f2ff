import { generateOptionNames } from "@facet/sdk/words"
import type { FacetChatOptions } from "./FacetChatOptions.ts"

/** A chat has its template. */
const names = new Set<string>([...generateOptionNames.filter((name) => name !== "template"), "system"])

/** Tells how answers are made from what is `useChat`'s own. */
export function splitChatOptions<Options extends FacetChatOptions>(
  options: Options,
): { readonly answering: FacetChatOptions; readonly chat: Omit<Options, keyof FacetChatOptions> } {
  const entries = Object.entries(options)
  return {
    answering: Object.fromEntries(entries.filter(([name]) => names.has(name))),
    // What is left out of an object has a type that TypeScript cannot follow.
    chat: Object.fromEntries(entries.filter(([name]) => !names.has(name))) as Omit<Options, keyof FacetChatOptions>,
  }
}
