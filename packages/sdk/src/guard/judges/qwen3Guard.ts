import { checkOneOf } from "../../words/Checks.ts"
import type { Judge } from "../../words/Judge.ts"
import { unreadable } from "./askService.ts"
import { chatGuard, type ChatGuardOptions, sharesOf, type Written } from "./ChatGuard.ts"
import type { PolicyScore } from "./JudgeSettings.ts"

export interface Qwen3GuardOptions extends ChatGuardOptions {
  /** What becomes of what it calls controversial. Default `"flag"`. */
  readonly controversial?: "flag" | "allow" | undefined
}

const name = "qwen3Guard"

/** Source: Qwen3Guard-Gen's model card (huggingface.co/Qwen/Qwen3Guard-Gen-8B). */
const categories = [
  "Violent",
  "Non-violent Illegal Acts",
  "Sexual Content or Sexual Acts",
  "PII",
  "Suicide & Self-Harm",
  "Unethical Acts",
  "Politically Sensitive Topics",
  "Copyright Violation",
  "Jailbreak",
]

/**
 * Qwen3Guard-Gen on a server of OpenAI's kind, which applies the model's own template. Its policies are `unsafe` and Qwen's
 * categories, such as `Violent`. P(unsafe) is read of the log-probabilities of the word behind `Safety:`; from a server that
 * tells none, it is 0 or 1.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const judge = qwen3Guard({ baseUrl: "http://127.0.0.1:8000/v1", model: "Qwen/Qwen3Guard-Gen-0.6B" })
 */
export function qwen3Guard(options: Qwen3GuardOptions): Judge {
  const flagsControversial = options?.controversial !== "allow"
  const judge = chatGuard({
    name,
    options,
    names: ["controversial"],
    policies: ["unsafe", ...categories],
    mostTokens: 128,
    read: (written) => read(written, flagsControversial),
  })
  checkOneOf("controversial", options.controversial, ["flag", "allow"])
  return judge
}

const words = ["safe", "unsafe", "controversial"]

/** `Safety: Unsafe`, `Categories: Violent, PII`, and of an answer `Refusal: No`, a line each. */
function read({ text, tokens }: Written, flagsControversial: boolean): ReadonlyArray<PolicyScore> {
  const [, said] = /^\s*Safety:\s*(Safe|Unsafe|Controversial)\b/.exec(text) ?? []
  const [, named = "None"] = /^Categories:[ \t]*(.*)$/m.exec(text) ?? []
  if (said === undefined) throw unreadable(name, "it says nothing of safety")
  const isFlagged = said === "Unsafe" || (said === "Controversial" && flagsControversial)
  const [, unsafe, controversial] = sharesOfSafety(tokens) ?? words.map((word) => (word === said.toLowerCase() ? 1 : 0))
  const score = Math.min(1, (unsafe ?? 0) + (flagsControversial ? (controversial ?? 0) : 0))
  const listed = named.split(",").flatMap((category) => (/^\s*(None)?\s*$/.test(category) ? [] : [category.trim()]))
  return [
    { policy: "unsafe", score, isFlagged },
    ...[...new Set([...categories, ...listed])].map((policy) => {
      const isNamed = isFlagged && listed.includes(policy)
      return { policy, score: isNamed ? score : 0, isFlagged: isNamed }
    }),
  ]
}

/** The first token with letters behind `Safety:`. */
function sharesOfSafety(tokens: Written["tokens"]): ReadonlyArray<number> | undefined {
  let before = ""
  for (const written of tokens) {
    if (/Safety:\s*$/.test(before) && written.token.trim() !== "") return sharesOf(written, words)
    before += written.token
  }
  return undefined
}
