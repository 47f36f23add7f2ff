/** Judging by a guard on a server: each policy is one prompt, and its verdict two log-probabilities of the next token. */
import { invalidRequest } from "../../../words/Errors.ts"
import type { Policy } from "../../../words/Policy.ts"
import type { JudgeRequest } from "../../../words/Request.ts"
import { type ShieldContent, shieldPromptParts } from "../../../words/shieldPromptParts.ts"
import type { Verdict } from "../../../words/Verdict.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import { checkNoControls, textOfParts } from "../ControlTokens.ts"
import type { ServedModel } from "../Server.ts"
import type { Vocabulary } from "../Vocabulary.ts"
import type { AnswerRoute, Question } from "./AnswerRoute.ts"
import { answerBounds, type LogitBounds } from "./answerBounds.ts"
import { contentPieces } from "./contentPieces.ts"
import { isDecided, verdictWithin } from "./verdictWithin.ts"

export interface ServerJudging {
  readonly endpoint: Endpoint
  readonly model: ServedModel
  readonly vocabulary: Vocabulary | undefined
  /** Those that the server has, as far as is known: one that is missing is taken out. */
  readonly routes: Set<AnswerRoute>
  /** Tokens of a text that are asked about at once; undefined where the context alone sets a limit. */
  readonly window: number | undefined
  readonly signal: AbortSignal
}

/**
 * Judges a content; one that is longer than the model's context in overlapping pieces, of which the worst counts.
 *
 * @throws InvalidRequestError for a policy with a probe, which reads what no server tells; ServerError for a verdict that stays
 *   open
 */
export async function judgeByAnswers(judging: ServerJudging, request: JudgeRequest): Promise<Verdict> {
  const { policies, prompt, response } = request
  checkPolicies(policies)
  if ((prompt ?? "").trim() === "" && (response ?? "").trim() === "") return harmless(policies)
  checkTexts(judging, request)
  const tokens = { judged: 0, cached: 0 }
  let worst: ReadonlyArray<LogitBounds> = policies.map(() => ({ min: -Infinity, max: -Infinity }))
  for (const piece of await contentPieces(judging, request)) {
    const bounds = await boundsOf(judging, policies, piece, tokens)
    worst = worst.map(({ max, min }, i) => ({
      min: Math.max(min, bounds[i]?.min ?? -Infinity),
      max: Math.max(max, bounds[i]?.max ?? Infinity),
    }))
  }
  const verdicts = policies.map((policy, i) => verdictWithin(policy, worst[i] ?? unknown, judging.endpoint.url))
  return { flagged: verdicts.some(({ flagged }) => flagged), policies: verdicts, tokens }
}

const unknown: LogitBounds = { min: -Infinity, max: Infinity }

/**
 * The logits of P(Yes) for each policy. A route that leaves one open is followed by the next, as long as there is one.
 *
 * @param tokens are counted up
 */
export async function boundsOf(
  judging: ServerJudging,
  policies: ReadonlyArray<Policy>,
  content: ShieldContent,
  tokens: { judged: number; cached: number },
): Promise<ReadonlyArray<LogitBounds>> {
  const questions = await questionsOf(judging, policies, content)
  const { endpoint, model, routes, signal, vocabulary } = judging
  const answers = await vocabulary?.answers({ endpoint, model: model.name, signal })
  const bounds = policies.map(() => unknown)
  for (const route of routes) {
    const open = [...policies.keys()].filter((i) => !isDecided(policies[i], bounds[i] ?? unknown))
    if (open.length === 0) break
    const asked = open.flatMap((i) => questions[i] ?? [])
    const told = await route({ endpoint, model, answers, signal }, asked)
    if (told === undefined) {
      routes.delete(route)
      continue
    }
    if (told.length !== asked.length) {
      throw endpoint.error("", `it answers ${told.length} questions of ${asked.length}`, "See its log.")
    }
    for (const [place, i] of open.entries()) {
      const one = told[place]
      if (one === undefined) continue
      bounds[i] = within(bounds[i] ?? unknown, answerBounds(one))
      tokens.judged += one.promptTokens - one.cachedTokens
      tokens.cached += one.cachedTokens
    }
  }
  return bounds
}

/** Both hold. */
const within = (a: LogitBounds, b: LogitBounds): LogitBounds =>
  b.min === b.max ? b : { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) }

async function questionsOf(
  { endpoint, model, signal, vocabulary }: ServerJudging,
  policies: ReadonlyArray<Policy>,
  content: ShieldContent,
): Promise<ReadonlyArray<Question>> {
  const questions: Array<Question> = []
  for (const policy of policies) {
    const parts = shieldPromptParts({ ...content, policy })
    const tokens = (await vocabulary?.encodeParts({ endpoint, model: model.name, signal }, parts)) ?? []
    questions.push({ text: textOfParts(parts), tokens })
  }
  return questions
}

function checkPolicies(policies: ReadonlyArray<Policy>): void {
  for (const { id, probe } of policies) {
    if (probe === undefined) continue
    const remedy = "Open the guard on this machine, or judge by a policy with a guideline."
    throw invalidRequest(`policies.${id}.probe`, "a server does not tell the activations that it reads", remedy)
  }
}

/** @throws InvalidRequestError for a text that would be read as more than a text */
function checkTexts({ vocabulary }: ServerJudging, request: JudgeRequest): void {
  if (vocabulary?.routes.readsControls === false) return
  for (const side of ["prompt", "response"] as const) checkNoControls(side, request[side] ?? "")
}

/** Nothing was said, so no model is asked. */
const harmless = (policies: ReadonlyArray<Policy>): Verdict => ({
  flagged: false,
  policies: policies.map(({ action, id, threshold }) => ({
    policy: id,
    probability: 0,
    threshold,
    flagged: false,
    ...(action !== undefined && action !== "block" && { action }),
  })),
  tokens: { judged: 0, cached: 0 },
})
