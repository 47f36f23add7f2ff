import type { FacetChatOptions } from "./FacetChatOptions.ts"

/** A new option of a generation that is missing here would be an error of types. */
const names: Readonly<Record<keyof FacetChatOptions, true>> = {
  system: true,
  maxTokens: true,
  stop: true,
  guard: true,
  trace: true,
  logprobs: true,
  temperature: true,
  topK: true,
  topP: true,
  minP: true,
  repetitionPenalty: true,
  presencePenalty: true,
  frequencyPenalty: true,
  logitBias: true,
  seed: true,
}

/** Tells how answers are made from what is `useChat`'s own. */
export function splitChatOptions<Options extends FacetChatOptions>(
  options: Options,
): { readonly answering: FacetChatOptions; readonly chat: Omit<Options, keyof FacetChatOptions> } {
  const isAnswering = ([name]: [string, unknown]) => Object.hasOwn(names, name)
  const entries = Object.entries(options)
  return {
    answering: Object.fromEntries(entries.filter(isAnswering)),
    // What is left out of an object has a type that TypeScript cannot follow.
    chat: Object.fromEntries(entries.filter((entry) => !isAnswering(entry))) as Omit<Options, keyof FacetChatOptions>,
  }
}
