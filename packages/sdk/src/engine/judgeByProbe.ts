/** What probes make of a content: its response, or the prompt where there is no response. */
import * as Effect from "effect/Effect"
import type { FacetError } from "../words/Errors.ts"
import { inSlices } from "../words/inSlices.ts"
import { poolings, type Probe, probeFrames, probeLogit } from "../words/Probe.ts"
import type { Features } from "../words/Features.ts"
import type { JudgeRequest } from "../words/Request.ts"
import type { OpenModel } from "./OpenModel.ts"
import { framedTokens } from "./framedTokens.ts"
import { poolText } from "./poolText.ts"
import type { Scheduler } from "./Scheduler.ts"

export interface ProbeJudgement {
  /** By the ids of the policies that have a probe: without the part of a guideline. */
  readonly logits: ReadonlyMap<string, number>
  /** Tokens that were run. */
  readonly judged: number
}

/** Runs the text once for all probes of a frame; one that is longer than the context in overlapping pieces, of which the worst counts. */
export const judgeByProbe = (
  scheduler: Scheduler,
  model: OpenModel,
  { policies, prompt, response }: JudgeRequest,
): Effect.Effect<ProbeJudgement, FacetError> =>
  Effect.gen(function* () {
    const probes = policies.flatMap(({ id, probe }) => (probe === undefined ? [] : [{ id, probe }]))
    if (probes.length === 0) return { logits: new Map(), judged: 0 }
    const logits = new Map<string, number>()
    let judged = 0
    for (const frame of probeFrames) {
      const reading = probes.filter(({ probe }) => (probe.frame ?? "raw") === frame)
      if (reading.length === 0) continue
      const layers = [...new Set(reading.map(({ probe }) => probe.layer))]
      for (const { from, tokens } of yield* inSlices(() => framedTokens(model, { prompt, response }, frame))) {
        const features = yield* poolText({ scheduler, model, tokens, layers, from })
        judged += tokens.length
        for (const { id, probe } of reading) {
          logits.set(id, Math.max(logits.get(id) ?? -Infinity, logitIn(features, probe)))
        }
      }
    }
    return { logits, judged }
  })

function logitIn({ layers, values, width }: Features, probe: Probe): number {
  const at = layers.indexOf(probe.layer) * poolings.length
  const features = new Float32Array(probe.pooling.length * width)
  for (const [i, pooling] of probe.pooling.entries()) {
    const from = (at + poolings.indexOf(pooling)) * width
    features.set(values.subarray(from, from + width), i * width)
  }
  return probeLogit(probe, features)
}
