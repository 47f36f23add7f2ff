/** Judging by a guard on a server: each policy is one prompt, and its verdict two log-probabilities of the next token. */
import { invalidRequest } from "../../words/Errors.ts"
import type { JudgeRequest } from "../../words/Request.ts"
import { shieldPromptParts } from "../../words/shieldPromptParts.ts"
import type { TemplatePart } from "../../words/TemplatePart.ts"
import type { PolicyVerdict, Verdict } from "../../words/Verdict.ts"
import { answerBounds, type ToldAnswers } from "./answerBounds.ts"
import { verdictWithin } from "./verdictWithin.ts"

/** What a server answered to one prompt. */
export interface Asked extends ToldAnswers {
  readonly promptTokens: number
  readonly cachedTokens: number
}

type Ask = (parts: ReadonlyArray<TemplatePart>) => Promise<Asked>

/**
 * Policies are asked one after the other: those of one content share its tokens, which servers keep from the one before.
 *
 * @throws InvalidRequestError for a policy with a probe, which reads what no server tells
 */
export async function judgeByLogprobs(
  { policies, prompt, response }: JudgeRequest,
  url: string,
  ask: Ask,
): Promise<Verdict> {
  for (const { id, probe } of policies) {
    if (probe === undefined) continue
    const remedy = "Open the guard on this machine, or judge by a policy with a guideline."
    throw invalidRequest(`policies.${id}.probe`, "a server does not tell the activations that it reads", remedy)
  }
  const isEmpty = (prompt ?? "").trim() === "" && (response ?? "").trim() === ""
  const verdicts: Array<PolicyVerdict> = []
  const tokens = { judged: 0, cached: 0 }
  for (const policy of policies) {
    if (isEmpty) {
      verdicts.push({ ...verdictWithin({ ...policy, threshold: 1 }, nothing, url), ...unflagged(policy.threshold) })
      continue
    }
    const asked = await ask(shieldPromptParts({ policy, prompt, response }))
    verdicts.push(verdictWithin(policy, answerBounds(asked), url))
    tokens.judged += asked.promptTokens - asked.cachedTokens
    tokens.cached += asked.cachedTokens
  }
  return { flagged: verdicts.some(({ flagged }) => flagged), policies: verdicts, tokens }
}

/** Nothing was said, so no model is asked. */
const nothing = { min: -Infinity, max: -Infinity }
const unflagged = (threshold: number) => ({ probability: 0, threshold, flagged: false })
