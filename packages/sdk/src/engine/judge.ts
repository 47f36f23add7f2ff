/** Judging a content: the probability that it violates each of several policies. */
import * as Effect from "effect/Effect"
import { type FacetError, ModelFileError } from "../words/Errors.ts"
import { answerTo } from "./answerTo.ts"
import { fitExchange } from "./fitExchange.ts"
import { explainProbes } from "./explain/explainProbes.ts"
import { explainVerdict, type LookInto } from "./explain/explainVerdict.ts"
import { shieldPrompt } from "./shieldPrompt.ts"
import type { PolicyVerdict, Verdict } from "../words/Verdict.ts"
import type { Judgement } from "./Judgements.ts"
import { judgeByProbe } from "./judgeByProbe.ts"
import type { OpenModel } from "./OpenModel.ts"
import { checkLength } from "./prefill.ts"
import { type SharedPrefix, withSharedPrefix } from "./SharedPrefix.ts"
import { judgedPieces, type Piece } from "../words/judgedPieces.ts"
import { guidelineOf } from "../words/Policy.ts"
import { policyProbability, sigmoid } from "../words/policyProbability.ts"
import type { JudgeRequest } from "../words/Request.ts"
import { inSlices } from "../words/inSlices.ts"
import type { Sliced } from "../words/Sliced.ts"
import type { Scheduler } from "./Scheduler.ts"

/** A content that fits into the model's window. */
interface Content {
  readonly prompt?: string | undefined
  readonly response?: string | undefined
}

type Policies = JudgeRequest["policies"]

/** Less room than this takes no pieces. */
const leastRoom = 4

/** Tokens that may come or go where a text meets the template around it. */
const borderTokens = 8

/** Judges a content; one that is longer than the window in overlapping pieces, of which the worst counts. */
export const judge = (
  scheduler: Scheduler,
  model: OpenModel,
  given: JudgeRequest,
  look?: LookInto,
): Effect.Effect<Verdict, FacetError> =>
  Effect.gen(function* () {
    const { exchange, policies, response } = given
    if (isEmpty(given)) return harmless(policies)
    const asked = policies.filter(asksGuideline)
    const fitted =
      exchange &&
      (yield* inSlices(function* () {
        return yield* fitExchange(model, exchange, response, yield* roomFor(model, { ...given, policies: asked }))
      }))
    const request = fitted === undefined ? given : { ...given, prompt: fitted.prompt }
    const byGuideline = yield* judgeByGuideline(scheduler, model, { ...request, policies: asked })
    const byProbe = yield* judgeByProbe(scheduler, model, request)
    const results = policies.map((policy) => {
      const guideline = byGuideline.logits[asked.indexOf(policy)] ?? 0
      return verdictOf(policy, probabilityOf(policy, guideline, byProbe.logits.get(policy.id) ?? 0))
    })
    const verdict = {
      flagged: results.some((result) => result.flagged),
      policies: results,
      ...(fitted !== undefined && { exchange: fitted.told }),
      tokens: { judged: byGuideline.judged + byProbe.judged, cached: byGuideline.cached },
    }
    if (request.explain === undefined || !verdict.flagged) return verdict
    const judging = { scheduler, model, request: { ...request, policies: asked }, look }
    const explained = yield* explainVerdict(judging, { verdict, ...byGuideline })
    const guidelines = new Map(
      asked.map(({ id, probe }, i) => [id, (probe?.guideline ?? 0) * (byGuideline.logits[i] ?? 0)]),
    )
    return yield* explainProbes({ scheduler, model, request, guidelines }, explained)
  })

const notAGuard = (model: OpenModel): ModelFileError =>
  new ModelFileError({
    file: model.root,
    problem: "its vocabulary has no single token for `Yes` or for `No`, the answers of a ShieldGemma",
    remedy: "Open a ShieldGemma (google/shieldgemma-2b) as the guard.",
  })

const isEmpty = ({ prompt = "", response = "" }: Content): boolean => prompt.trim() === "" && response.trim() === ""

const asksGuideline = ({ probe }: Policies[number]): boolean => probe === undefined || probe.guideline !== undefined

function probabilityOf({ calibration, probe }: Policies[number], guideline: number, probed: number): number {
  if (probe === undefined) return policyProbability(guideline, calibration)
  return sigmoid(probed + (probe.guideline ?? 0) * guideline)
}

const verdictOf = (policy: Policies[number], probability: number): PolicyVerdict => ({
  policy: policy.id,
  probability,
  threshold: policy.threshold,
  flagged: probability >= policy.threshold,
  ...(policy.action === undefined || policy.action === "block" ? {} : { action: policy.action }),
})

/** Nothing was said, so no model is asked. */
const harmless = (policies: Policies): Verdict => ({
  flagged: false,
  policies: policies.map((policy) => ({ ...verdictOf(policy, 0), flagged: false })),
  tokens: { judged: 0, cached: 0 },
})

const nothingAsked: Judgement = { logits: [], judged: 0, cached: 0 }

/** What became of a content, and of each of its pieces. */
interface Guided extends Judgement {
  readonly pieces: ReadonlyArray<Content>
  readonly judgements: ReadonlyArray<Judgement>
}

/** Has the guard answer each guideline; of several pieces the worst counts. */
function judgeByGuideline(
  scheduler: Scheduler,
  model: OpenModel,
  request: JudgeRequest,
): Effect.Effect<Guided, FacetError> {
  return Effect.gen(function* () {
    if (request.policies.length === 0) return { ...nothingAsked, pieces: [], judgements: [] }
    if (model.answers.yes < 0 || model.answers.no < 0) return yield* notAGuard(model)
    const pieces = yield* inSlices(() => piecesOf(model, request))
    const judgeNext = pieces.length === 1 ? judgePiece : judgeOnce
    const judgements = yield* Effect.forEach(pieces, (piece) => judgeNext(scheduler, model, piece, request))
    const sum = (count: "judged" | "cached") => judgements.reduce((total, judgement) => total + judgement[count], 0)
    return {
      logits: request.policies.map((_, i) => Math.max(...judgements.map(({ logits }) => logits[i] ?? -Infinity))),
      judged: sum("judged"),
      cached: sum("cached"),
      pieces,
      judgements,
    }
  })
}

/** Tokens that a content may have beside the words of the longest policy. */
function* roomFor(model: OpenModel, { policies, prompt, response }: JudgeRequest): Sliced<number> {
  const { tokenizer } = model
  const empty = { prompt: prompt === undefined ? undefined : "", response: response === undefined ? undefined : "" }
  let frame = 0
  for (const policy of policies) {
    const tokens = yield* shieldPrompt(tokenizer, { ...empty, policy, spelling: model.spelling })
    frame = Math.max(frame, tokens.length)
  }
  return model.config.contextLength - frame - borderTokens
}

/** Cuts a content so that each piece fits. */
function* piecesOf(model: OpenModel, request: JudgeRequest): Sliced<ReadonlyArray<Content>> {
  const { prompt, response } = request
  const { tokenizer } = model
  const room = yield* roomFor(model, request)
  const window = Math.min(model.config.guardWindow ?? room, room)
  const promptTokens = yield* tokenizer.encodeInSlices(prompt ?? "", "prompt")
  const responseTokens = yield* tokenizer.encodeInSlices(response ?? "", "response")
  const pieces =
    room < leastRoom
      ? undefined
      : judgedPieces({
          prompt: promptTokens.length,
          response: response === undefined ? undefined : responseTokens.length,
          room,
          window,
        })
  if (pieces === undefined) return [{ prompt, response }]
  const cut = (tokens: ReadonlyArray<number>, { end, start }: Piece) => tokenizer.decode(tokens.slice(start, end))
  return pieces.map((piece) => ({
    prompt: piece.prompt === undefined ? prompt : cut(promptTokens, piece.prompt),
    response: piece.response && cut(responseTokens, piece.response),
  }))
}

/** Judges a piece of a long text, unless the same piece was judged before. */
function judgeOnce(
  scheduler: Scheduler,
  model: OpenModel,
  piece: Content,
  request: JudgeRequest,
): Effect.Effect<Judgement, FacetError> {
  const { cacheSalt, policies } = request
  const side = piece.response === undefined ? "prompt" : "response"
  const asked = policies.map((policy) => [policy.spelling, guidelineOf(policy, side)])
  const key = JSON.stringify([cacheSalt, piece, ...asked])
  return Effect.suspend(() => {
    const known = model.judgements.get(key)
    if (known !== undefined) return Effect.succeed(known)
    return Effect.tap(judgePiece(scheduler, model, piece, request), (judgement) =>
      Effect.sync(() => model.judgements.set(key, judgement)),
    )
  })
}

/** Judges one piece. The policies' prompts are alike up to the guideline, so one sequence serves them all. */
function judgePiece(
  scheduler: Scheduler,
  model: OpenModel,
  content: Content,
  { cacheSalt, policies }: JudgeRequest,
): Effect.Effect<Judgement, FacetError> {
  return Effect.gen(function* () {
    const prompts: Array<ReadonlyArray<number>> = []
    for (const policy of policies) {
      prompts.push(
        yield* inSlices(() => shieldPrompt(model.tokenizer, { ...content, policy, spelling: model.spelling })),
      )
    }
    for (const tokens of prompts) yield* checkLength(model, tokens)
    const [first] = prompts
    if (first === undefined) return nothingAsked
    const run = (shared: SharedPrefix) =>
      Effect.gen(function* () {
        const logits: Array<number> = []
        for (const tokens of prompts) logits.push(yield* answerTo(shared, model, tokens))
        return { logits, ...shared.tokens }
      })
    return yield* withSharedPrefix(scheduler, model, first, run, cacheSalt)
  })
}
