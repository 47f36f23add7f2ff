import type { Judge } from "../../words/Judge.ts"
import { unreadable } from "./askService.ts"
import { chatGuard, type ChatGuardOptions, sharesOf, type Written } from "./ChatGuard.ts"
import type { PolicyScore } from "./JudgeSettings.ts"

const name = "llamaGuard"

/** MLCommons' hazards, and S14 of Llama Guard 3. Source: Llama Guard 3's model card (meta-llama/PurpleLlama). */
const hazards = Array.from({ length: 14 }, (_, i) => `S${i + 1}`)

/**
 * Llama Guard 3 or 4 on a server of OpenAI's kind, which applies the model's own template. Its policies are `unsafe` and the
 * hazards `S1` to `S14` that it names. P(unsafe) is read of the log-probabilities of its first word; from a server that
 * tells none, it is 0 or 1.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const judge = llamaGuard({ baseUrl: "http://127.0.0.1:8000/v1", model: "meta-llama/Llama-Guard-3-8B" })
 */
export const llamaGuard = (options: ChatGuardOptions): Judge =>
  chatGuard({ name, options, names: [], policies: ["unsafe", ...hazards], mostTokens: 64, read })

/** `safe`, or `unsafe` and in the next line the hazards, between commas. */
function read({ text, tokens }: Written): ReadonlyArray<PolicyScore> {
  const [, word, named = ""] = /^\s*(safe|unsafe)\s*(?:\n\s*(.*\S)\s*)?$/.exec(text) ?? []
  if (word === undefined) throw unreadable(name, "it says neither safe nor unsafe")
  const isUnsafe = word === "unsafe"
  const listed = named === "" ? [] : named.split(",").map((hazard) => hazard.trim())
  if (listed.some((hazard) => !/^S\d{1,2}$/.test(hazard))) throw unreadable(name, "it names no hazard")
  const first = tokens.find(({ token }) => token.trim() !== "")
  const [, unsafe = isUnsafe ? 1 : 0] = (first && sharesOf(first, ["safe", "unsafe"])) ?? []
  const known = new Set([...hazards, ...listed])
  return [
    { policy: "unsafe", score: unsafe, isFlagged: isUnsafe },
    ...[...known].map((policy) => {
      const isNamed = isUnsafe && listed.includes(policy)
      return { policy, score: isNamed ? unsafe : 0, isFlagged: isNamed }
    }),
  ]
}
