/**
 * Why probes flagged a content. A probe is linear in what it pools, so that what each word adds is reckoned, not tried: the
 * pools without a word's tokens are known exactly, from the activations of one run. Of the stretches of words whose tokens'
 * absence is enough, the shortest is named.
 */
import * as Effect from "effect/Effect"
import { siteWidth } from "../../graph/ModelConfig.ts"
import { type FacetError, notFinite } from "../../words/Errors.ts"
import { inSlices } from "../../words/inSlices.ts"
import { Pool, type Probe, probeFrames, probeLogit } from "../../words/Probe.ts"
import { sigmoid } from "../../words/policyProbability.ts"
import type { JudgeRequest } from "../../words/Request.ts"
import { siteKey } from "../../words/Site.ts"
import type { OccludedSpan, PolicyVerdict, Verdict, VerdictReason } from "../../words/Verdict.ts"
import { areFinite } from "../areFinite.ts"
import { makeDetokeniser } from "../Detokeniser.ts"
import type { OpenModel } from "../OpenModel.ts"
import { framedTokens } from "../framedTokens.ts"
import { probeSite } from "../poolText.ts"
import { prefillAll } from "../prefill.ts"
import type { Scheduler } from "../Scheduler.ts"
import { ProbeSpans } from "./ProbeSpans.ts"
import { chooseSpan, type Tried } from "./searchSpan.ts"
import { type Stretch, wordsOf } from "./Words.ts"

/** Stretches that are looked at, at most: of a text of a hundred words those of up to forty. */
const mostLookedAt = 4096
/** Spans that are told, at most. */
const mostTold = 64

export interface ProbesJudging {
  readonly scheduler: Scheduler
  /** Open for the probes' sites. */
  readonly model: OpenModel
  readonly request: JudgeRequest
  /** By policy: what its guideline's answer adds to the probe's logit. */
  readonly guidelines: ReadonlyMap<string, number>
}

/** A flagged policy that has a probe, and the reason in the piece of the text that it flags most. */
interface Asked {
  readonly id: string
  readonly probe: Probe
  readonly threshold: number
  logit: number
  reason: VerdictReason | undefined
}

/** The verdict with reasons for the policies that their probes flagged: the text is run once more, for all of them. */
export const explainProbes = (judging: ProbesJudging, verdict: Verdict): Effect.Effect<Verdict, FacetError> =>
  Effect.gen(function* () {
    const { model, request, scheduler } = judging
    const { prompt, response } = request
    const asked = request.policies.flatMap(({ id, probe, threshold }): ReadonlyArray<Asked> => {
      const isFlagged = verdict.policies.some(({ flagged, policy }) => flagged && policy === id)
      if (probe === undefined || !isFlagged) return []
      return [{ id, probe, threshold, logit: -Infinity, reason: undefined }]
    })
    if (asked.length === 0) return verdict
    const side = response === undefined ? "prompt" : "response"
    const text = (request[side] ?? "").trim()
    const ids = yield* inSlices(() => model.tokenizer.encodeInSlices(text, side))
    const offset = (request[side] ?? "").indexOf(text)
    const ends = endsOf(model, ids, text)
    const width = siteWidth(model.config, "resid_post")
    let judged = 0
    for (const frame of probeFrames) {
      const reading = asked.filter(({ probe }) => (probe.frame ?? "raw") === frame)
      if (reading.length === 0) continue
      const layers = [...new Set(reading.map(({ probe }) => probe.layer))]
      for (const { from, own, tokens } of yield* inSlices(() => framedTokens(model, { prompt, response }, frame))) {
        const states = yield* readStates(scheduler, model, tokens, layers)
        judged += tokens.length
        if (ends === undefined) continue
        const places = ends
          .slice(own.start, own.end)
          .map((to, i): Stretch => ({ start: ends[own.start + i - 1] ?? 0, end: to }))
        for (const one of reading) {
          const rows = states.get(one.probe.layer)?.subarray((from - 1) * width) ?? new Float32Array(0)
          const logit = pooledLogit(one.probe, rows)
          if (logit <= one.logit) continue
          one.logit = logit
          one.reason = reasonIn(
            { text, side, offset, places, row: own.at - from },
            { rows, ...one, guideline: judging.guidelines.get(one.id) ?? 0 },
          )
        }
      }
    }
    // One run serves all of them: it is told with the first.
    const [first] = asked
    const told = new Map(asked.map((one) => [one.id, withCost(one.reason, one === first ? judged : 0)]))
    return { ...verdict, policies: verdict.policies.map((policy) => withReason(policy, told.get(policy.policy))) }
  })

const withCost = (reason: VerdictReason | undefined, judged: number): VerdictReason | undefined =>
  reason && { ...reason, tokens: { judged, cached: 0 } }

const withReason = (policy: PolicyVerdict, reason: VerdictReason | undefined): PolicyVerdict =>
  reason === undefined ? policy : { ...policy, reason }

/** Where each token's text ends; undefined where tokens do not spell the text as it is, so that words cannot be found. */
function endsOf(model: OpenModel, ids: ReadonlyArray<number>, text: string): ReadonlyArray<number> | undefined {
  const detokeniser = makeDetokeniser((id) => model.tokenizer.bytesOf(id))
  let spelt = ""
  const ends = ids.map((id) => (spelt += detokeniser.push(id)).length)
  spelt += detokeniser.flush()
  return spelt === text ? ends : undefined
}

/** The residual stream behind each layer, `[tokens but the first, width]`. */
const readStates = (
  scheduler: Scheduler,
  model: OpenModel,
  tokens: ReadonlyArray<number>,
  layers: ReadonlyArray<number>,
) =>
  Effect.gen(function* () {
    const width = siteWidth(model.config, "resid_post")
    const taps = layers.map(probeSite)
    const states = new Map(layers.map((layer) => [layer, new Float32Array((tokens.length - 1) * width)]))
    yield* prefillAll(
      scheduler,
      model,
      tokens,
      () => ({ taps }),
      (result, chunk) => {
        for (const tap of taps) {
          const rows = result.taps.get(siteKey(tap)) ?? new Float32Array(0)
          const isFirst = chunk.start === 0
          states.get(tap.layer)?.set(isFirst ? rows.subarray(width) : rows, isFirst ? 0 : (chunk.start - 1) * width)
        }
      },
    )
    for (const rows of states.values()) {
      if (!areFinite(rows)) return yield* notFinite("Judging", "the model's residual stream is not finite")
    }
    return states
  })

function pooledLogit(probe: Probe, rows: Float32Array): number {
  const pool = new Pool(probe.weights.length / probe.pooling.length)
  pool.add(rows)
  return probeLogit(probe, pool.features(probe.pooling))
}

interface Told {
  readonly text: string
  readonly side: "prompt" | "response"
  /** Where the text stands in the side's own. */
  readonly offset: number
  /** Of each token, in the text. */
  readonly places: ReadonlyArray<Stretch>
  /** Of the first of them, among those that are pooled: what stands around a text in a chat is pooled, too. */
  readonly row: number
}

interface Measured extends Tried, OccludedSpan {}

function reasonIn(
  { offset, places, row, side, text }: Told,
  {
    guideline,
    probe,
    rows,
    threshold,
  }: Pick<Asked, "probe" | "threshold"> & { readonly rows: Float32Array; readonly guideline: number },
): VerdictReason | undefined {
  const spans = new ProbeSpans(probe, rows)
  const words = wordsOf(text).flatMap(({ end, start }) => {
    const from = places.findIndex((place) => place.end > start)
    const last = places.findLastIndex((place) => place.start < end)
    const isWhole = from >= 0 && last >= from && places[from]!.start <= start && places[last]!.end >= end
    return isWhole ? [{ start, end, from, to: last + 1 }] : []
  })
  const tried: Array<Measured> = []
  for (let size = 1; size <= words.length; size++) {
    for (let at = 0; at + size <= words.length; at++) {
      const [first, last] = [words[at]!, words[at + size - 1]!]
      const logit = spans.logitWithout(row + first.from, row + last.to)
      const where = { start: first.start + offset, end: last.end + offset }
      const without = sigmoid(logit + guideline)
      tried.push({ from: at, to: at + size, ...where, without, effect: spans.logit - logit })
    }
    if (tried.length > mostLookedAt || tried.some(({ without }) => without < threshold)) break
  }
  const chosen = chooseSpan(tried, threshold)
  if (chosen === undefined) return undefined
  const at = ({ effect, end, start, without }: Measured): OccludedSpan => ({ start, end, without, effect })
  const told = tried.toSorted((a, b) => b.effect - a.effect).slice(0, mostTold)
  return {
    ...at(chosen),
    side,
    text: text.slice(chosen.start - offset, chosen.end - offset),
    spans: (told.includes(chosen) ? told : [...told.slice(0, -1), chosen]).map(at),
    tokens: { judged: 0, cached: 0 },
  }
}
