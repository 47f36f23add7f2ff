/** What is judged, and by what. */
import { type Cascade, type CascadePlan, readCascade } from "./Cascade.ts"
import { checkUnicode } from "./Checks.ts"
import type { Generation } from "./Generation.ts"
import { invalidRequest } from "./Errors.ts"
import { checkJudge, type Judge } from "./Judge.ts"
import { type Policy, resolvePolicies } from "./Policy.ts"
import { readThresholds, type Thresholds } from "./Thresholds.ts"
import { promptMessages } from "./Prompt.ts"
import { promptReadings } from "./promptReadings.ts"

/** What is judged: a prompt; a prompt and its response; a response alone; a finished generation. */
export type Content = string | { readonly prompt?: string; readonly response?: string } | Generation

export interface ShieldOptions {
  /** Ids, or policies that the app defined. Default: the four of ShieldGemma. */
  readonly policies?: ReadonlyArray<string | Policy> | undefined
  /** What judges in ShieldGemma's place, by policies of its own: one of `@facet/sdk/judges`, or one of the app's. */
  readonly judge?: Judge | undefined
  /** What a file of `facet eval --thresholds-out` holds: from which probability on each policy flags. */
  readonly thresholds?: Thresholds | undefined
  /** Probes that judge first: the guard is asked where they are unsure. */
  readonly cascade?: Cascade | undefined
}

/** What a content is judged by. */
export interface JudgingPlan {
  /** The model's; none where another judge stands in its place. */
  readonly policies: ReadonlyArray<Policy>
  readonly judge: Judge | undefined
  readonly thresholds: Thresholds | undefined
  readonly cascade: CascadePlan | undefined
}

/** Says what is wrong before anything is judged.
 *
 * @param at the path of an option
 * @throws InvalidRequestError that names it
 */
export function readJudgingPlan(
  { cascade: given, judge, policies, thresholds }: ShieldOptions,
  at: (option: keyof ShieldOptions) => string = (option) => option,
): JudgingPlan {
  checkJudge(at("judge"), judge)
  const cascade = readCascade(at("cascade"), given)
  if (judge === undefined) {
    const resolved = resolvePolicies(policies)
    const ids = resolved.map(({ id }) => id)
    return { policies: resolved, judge, cascade, thresholds: readThresholds(thresholds, at("thresholds"), ids) }
  }
  if (policies !== undefined) {
    throw invalidRequest(
      at("policies"),
      "they are ShieldGemma's, and `judge` stands in its place",
      "Leave out one of the two, or name the policies in `shieldGemma({ policies })` of @facet/sdk/judges.",
    )
  }
  return { policies: [], judge, cascade, thresholds: readThresholds(thresholds, at("thresholds")) }
}

/** A content's two sides. */
export interface ContentTexts {
  readonly prompt: string | undefined
  readonly response: string | undefined
}

/** @throws InvalidRequestError when there is neither a prompt nor a response, or when one of them is not Unicode. */
export function readContent(content: Content): ContentTexts {
  const { prompt, response } = textsOf(content)
  if (prompt !== undefined) checkUnicode("prompt", prompt)
  if (response !== undefined) checkUnicode("response", response)
  if (prompt === undefined && response === undefined) checkUnicode("content", undefined)
  return { prompt, response }
}

function textsOf(content: Content): ContentTexts {
  if (typeof content === "string") return { prompt: content, response: undefined }
  if (content === null || typeof content !== "object") return { prompt: content, response: undefined }
  if ("finishReason" in content) {
    return { prompt: promptReadings(promptMessages(content.prompt), ["user"]).question, response: content.text }
  }
  return { prompt: content.prompt, response: content.response }
}
