import { invalidRequest } from "../../words/Errors.ts"
import type { Judge } from "../../words/Judge.ts"
import { isRecord, type JsonRecord } from "../../words/Json.ts"
import { askService, unreadable } from "./askService.ts"
import type { PolicyScore } from "./JudgeSettings.ts"
import { makeServiceJudge } from "./makeServiceJudge.ts"
import { checkService, type ServiceSettings } from "./ServiceSettings.ts"

/** `apiKey` is an OAuth token, or a function that gets one. */
export interface ModelArmorOptions extends ServiceSettings {
  /** The project's id. */
  readonly project: string
  /** A region, such as `us-central1`. */
  readonly location: string
  /** The template's id: it says which filters there are, and how sure they have to be. */
  readonly template: string
}

const name = "modelArmor"

/** Filters of responsible AI, and the others. Source: Model Armor's REST reference, `SanitizationResult`. */
const policies = [
  "hate_speech",
  "sexually_explicit",
  "harassment",
  "dangerous",
  "pi_and_jailbreak",
  "malicious_uris",
  "csam",
  "sdp",
]

/**
 * Model Armor tells how sure it is in words. These numbers are ours, in the same order: calibrate them, or leave the
 * decision to the template, whose matches are flagged.
 */
const confidences: Readonly<Record<string, number>> = { LOW_AND_ABOVE: 0.4, MEDIUM_AND_ABOVE: 0.6, HIGH: 0.9 }
const noMatch = 0.05

/**
 * Google Cloud's Model Armor: prompts by `sanitizeUserPrompt`, answers by `sanitizeModelResponse`. Its policies are the filters of
 * the template: `hate_speech`, `pi_and_jailbreak` and so on. A filter that was skipped or failed has not judged. Needs a token.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const getToken = async () => process.env["GOOGLE_TOKEN"] ?? "none"
 * const judge = modelArmor({ project: "shop", location: "us-central1", template: "chat", apiKey: getToken })
 */
export function modelArmor(options: ModelArmorOptions): Judge {
  checkService(options, ["project", "location", "template"], true)
  for (const option of ["project", "location", "template"] as const) {
    if (typeof options[option] === "string" && /^[\w.:-]+$/.test(options[option])) continue
    throw invalidRequest(option, "it is no name of Google Cloud's", "Use the id, as the console shows it.")
  }
  const {
    baseUrl = `https://modelarmor.${options.location}.rep.googleapis.com/v1`,
    location,
    project,
    template,
  } = options
  const resource = `${baseUrl.replace(/\/+$/, "")}/projects/${project}/locations/${location}/templates/${template}`
  return makeServiceJudge({
    name,
    options,
    pieceCharacters: 8_000,
    policies,
    ask: async (text, { isResponse, prompt, signal }) => {
      const url = `${resource}:${isResponse ? "sanitizeModelResponse" : "sanitizeUserPrompt"}`
      const body = isResponse
        ? { modelResponseData: { text }, ...(prompt?.trim() && { userPrompt: prompt }) }
        : { userPromptData: { text } }
      const answer = await askService(name, options, { url, body, signal, keyHeader: ["authorization", "Bearer "] })
      return scoresOf(answer["sanitizationResult"])
    },
  })
}

function scoresOf(result: unknown): ReadonlyArray<PolicyScore> {
  if (!isRecord(result) || !isRecord(result["filterResults"])) throw unreadable(name, "it has no results of filters")
  if (result["invocationResult"] !== "SUCCESS") throw unreadable(name, "not all filters were run")
  const scores = Object.entries(result["filterResults"]).flatMap(([filter, found]) => ofFilter(filter, found))
  const isMatch = result["filterMatchState"] === "MATCH_FOUND"
  if (scores.length === 0) throw unreadable(name, "the template has no filter")
  // A match of a filter that is new to us counts all the same.
  const isTold = !isMatch || scores.some(({ isFlagged }) => isFlagged)
  return isTold ? scores : [...scores, { policy: "other", score: 1, isFlagged: true }]
}

/** Each filter's result lies under a name of its own: `raiFilterResult`, `sdpFilterResult.inspectResult`. */
function ofFilter(filter: string, found: unknown): ReadonlyArray<PolicyScore> {
  const outer = isRecord(found) ? Object.values(found).find(isRecord) : undefined
  const inner = outer === undefined || "executionState" in outer ? outer : Object.values(outer).find(isRecord)
  if (inner === undefined) throw unreadable(name, `the result of ${filter} is empty`)
  if (inner["executionState"] !== "EXECUTION_SUCCESS") throw unreadable(name, `${filter} was not run`)
  const types = inner["raiFilterTypeResults"]
  if (!isRecord(types)) return [scoreOfMatch(filter, inner)]
  return Object.entries(types).map(([type, said]) => scoreOfMatch(type, isRecord(said) ? said : {}))
}

function scoreOfMatch(policy: string, { confidenceLevel, matchState }: JsonRecord): PolicyScore {
  if (matchState !== "MATCH_FOUND" && matchState !== "NO_MATCH_FOUND") {
    throw unreadable(name, `${policy} says neither that it matched nor that it did not`)
  }
  const isFlagged = matchState === "MATCH_FOUND"
  const known = typeof confidenceLevel === "string" ? confidences[confidenceLevel] : undefined
  return { policy, score: known ?? (isFlagged ? 1 : noMatch), isFlagged }
}
