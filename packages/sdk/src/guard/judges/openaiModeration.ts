import type { Judge } from "../../words/Judge.ts"
import { isRecord } from "../../words/Json.ts"
import { askService, unreadable } from "./askService.ts"
import type { PolicyScore } from "./JudgeSettings.ts"
import { makeServiceJudge } from "./makeServiceJudge.ts"
import { scoreOf } from "./scoreOf.ts"
import { checkService, type ServiceSettings } from "./ServiceSettings.ts"

export interface OpenAiModerationOptions extends ServiceSettings {
  /** Default `omni-moderation-latest`. */
  readonly model?: string | undefined
}

const name = "openai"

/** Source: OpenAI's API reference, "Create moderation" (platform.openai.com/docs/api-reference/moderations). */
const categories = [
  "harassment",
  "harassment/threatening",
  "hate",
  "hate/threatening",
  "illicit",
  "illicit/violent",
  "self-harm",
  "self-harm/intent",
  "self-harm/instructions",
  "sexual",
  "sexual/minors",
  "violence",
  "violence/graphic",
]

/**
 * OpenAI's moderation. Its policies are OpenAI's categories, such as `harassment/threatening`. What it flags is flagged, unless a
 * threshold is given, which then decides alone. Needs a key.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const judge = openaiModeration({ apiKey: process.env["OPENAI_API_KEY"] ?? "none" })
 * const guard = guardWithJudge({ judge, timeoutMs: 5_000 })
 */
export function openaiModeration(options: OpenAiModerationOptions): Judge {
  checkService(options, ["model"], true)
  const { baseUrl = "https://api.openai.com/v1", model = "omni-moderation-latest" } = options
  const url = `${baseUrl.replace(/\/+$/, "")}/moderations`
  return makeServiceJudge({
    name,
    options,
    pieceCharacters: 16_000,
    policies: categories,
    ask: async (text, { signal }) => {
      const body = { model, input: text }
      const answer = await askService(name, options, { url, body, signal, keyHeader: ["authorization", "Bearer "] })
      return scoresOf(answer["results"])
    },
  })
}

function scoresOf(results: unknown): ReadonlyArray<PolicyScore> {
  const result: unknown = Array.isArray(results) && results.length === 1 ? results[0] : undefined
  if (!isRecord(result)) throw unreadable(name, "it has not one result")
  const { categories: flags, category_scores: scores, flagged } = result
  if (!isRecord(scores) || Object.keys(scores).length === 0) throw unreadable(name, "it has no scores")
  const told = Object.entries(scores).map(([policy, score]) => ({
    policy,
    score: scoreOf(name, policy, score),
    isFlagged: isRecord(flags) && flags[policy] === true,
  }))
  // What is flagged for a category that has no score, or that nobody names, counts all the same.
  const isNew = isRecord(flags) && Object.entries(flags).some(([policy, is]) => is === true && !(policy in scores))
  const isTold = flagged !== true || told.some(({ isFlagged }) => isFlagged)
  return isTold && !isNew ? told : [...told, { policy: "other", score: 1, isFlagged: true }]
}
