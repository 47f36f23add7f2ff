import { invalidRequest } from "../../words/Errors.ts"
import type { Judge } from "../../words/Judge.ts"
import { isRecord } from "../../words/Json.ts"
import { askService, unreadable } from "./askService.ts"
import { checkSettings, type PolicyScore } from "./JudgeSettings.ts"
import { makeServiceJudge } from "./makeServiceJudge.ts"
import { scoreOf } from "./scoreOf.ts"
import { checkService, type ServiceSettings } from "./ServiceSettings.ts"

export interface PerspectiveOptions extends ServiceSettings {
  /** Default: the six of Perspective that are for production. */
  readonly attributes?: ReadonlyArray<string> | undefined
  /** ISO 639-1 codes of the text's languages. Default: Perspective detects them, and refuses those that it does not know. */
  readonly languages?: ReadonlyArray<string> | undefined
}

const name = "perspective"

/** Source: Perspective's documentation, "Attributes & Languages" (developers.perspectiveapi.com/s/about-the-api-attributes-and-languages). */
const production = ["TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT"]

/** It takes 20,480 bytes, and a UTF-16 unit has three of UTF-8 at most. */
const pieceCharacters = 6_800

/**
 * Google Jigsaw's Perspective. Its policies are Perspective's attributes, such as `TOXICITY`; texts are not kept there
 * (`doNotStore`). Needs a key.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const judge = perspective({ apiKey: process.env["PERSPECTIVE_API_KEY"] ?? "none", thresholds: { TOXICITY: 0.8 } })
 */
export function perspective(options: PerspectiveOptions): Judge {
  checkService(options, ["attributes", "languages"], true)
  const { attributes = production, baseUrl = "https://commentanalyzer.googleapis.com/v1alpha1", languages } = options
  if (!Array.isArray(attributes) || attributes.length === 0) {
    throw invalidRequest("attributes", "it is no list, or an empty one", `Name some of ${production.join(", ")}.`)
  }
  checkSettings(options, attributes)
  const url = `${baseUrl.replace(/\/+$/, "")}/comments:analyze`
  const requestedAttributes = Object.fromEntries(attributes.map((attribute) => [attribute, {}]))
  return makeServiceJudge({
    name,
    options,
    pieceCharacters,
    policies: attributes,
    ask: async (text, { signal }) => {
      const body = { comment: { text }, requestedAttributes, doNotStore: true, ...(languages && { languages }) }
      const answer = await askService(name, options, { url, body, signal, keyHeader: ["x-goog-api-key", ""] })
      return attributes.map((attribute) => attributeScore(answer["attributeScores"], attribute))
    },
  })
}

/** One that is missing was not judged. */
function attributeScore(scores: unknown, policy: string): PolicyScore {
  const score = isRecord(scores) ? scores[policy] : undefined
  const summary = isRecord(score) ? score["summaryScore"] : undefined
  if (!isRecord(summary)) throw unreadable(name, `it has no score of ${policy}`)
  return { policy, score: scoreOf(name, policy, summary["value"]) }
}
