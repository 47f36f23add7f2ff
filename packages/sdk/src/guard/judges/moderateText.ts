import type { Judge } from "../../words/Judge.ts"
import { isRecord } from "../../words/Json.ts"
import { askService, unreadable } from "./askService.ts"
import { makeServiceJudge } from "./makeServiceJudge.ts"
import { scoreOf } from "./scoreOf.ts"
import { checkService, type ServiceSettings } from "./ServiceSettings.ts"

export interface ModerateTextOptions extends ServiceSettings {
  /** `apiKey` is an OAuth token (`gcloud auth print-access-token`) and no API key. Default false. */
  readonly isToken?: boolean | undefined
}

const name = "moderateText"

/** Source: Google Cloud Natural Language, "Moderating text" (cloud.google.com/natural-language/docs/moderating-text). */
const categories = [
  "Toxic",
  "Insult",
  "Profanity",
  "Derogatory",
  "Sexual",
  "Death, Harm & Tragedy",
  "Violent",
  "Firearms & Weapons",
  "Public Safety",
  "Health",
  "Religion & Belief",
  "Illicit Drugs",
  "War & Conflict",
  "Politics",
  "Finance",
  "Legal",
]

/**
 * Google Cloud Natural Language's `moderateText` (v2). Its policies are Google's categories, such as `Toxic`; many are topics
 * rather than harms (`Health`, `Politics`), so give `thresholds` for those that count, and 1 for the others. Needs a key.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const judge = moderateText({ apiKey: process.env["GOOGLE_API_KEY"] ?? "none", thresholds: { Toxic: 0.7, Politics: 1 } })
 */
export function moderateText(options: ModerateTextOptions): Judge {
  checkService(options, ["isToken"], true)
  const { baseUrl = "https://language.googleapis.com/v2", isToken = false } = options
  const url = `${baseUrl.replace(/\/+$/, "")}/documents:moderateText`
  const keyHeader = isToken ? (["authorization", "Bearer "] as const) : (["x-goog-api-key", ""] as const)
  return makeServiceJudge({
    name,
    options,
    pieceCharacters: 20_000,
    policies: categories,
    ask: async (text, { signal }) => {
      const body = { document: { type: "PLAIN_TEXT", content: text } }
      const answer = await askService(name, options, { url, body, signal, keyHeader })
      // What is said of a language that it does not know is worth nothing.
      if (answer["languageSupported"] === false) throw unreadable(name, "it does not know the text's language")
      const found = answer["moderationCategories"]
      if (!Array.isArray(found) || found.length === 0) throw unreadable(name, "it has no categories")
      return found.map((entry: unknown) => {
        const { confidence, name: policy } = isRecord(entry) ? entry : {}
        if (typeof policy !== "string") throw unreadable(name, "a category has no name")
        return { policy, score: scoreOf(name, policy, confidence) }
      })
    },
  })
}
