import * as Effect from "effect/Effect"
import { siteWidth } from "../graph/ModelConfig.ts"
import { type FacetError, invalidRequest } from "../words/Errors.ts"
import { checked } from "../words/checked.ts"
import type { Policy } from "../words/Policy.ts"
import type { Probe } from "../words/Probe.ts"
import { checkLayer, type Site } from "../words/Site.ts"
import type { OpenModel } from "./OpenModel.ts"
import { fingerprintIn, probeSite } from "./poolText.ts"

/**
 * Refuses probes that were trained on another model: their weights would give plausible nonsense.
 *
 * @returns where they read
 */
export const checkProbes = (
  model: OpenModel,
  policies: ReadonlyArray<Pick<Policy, "id" | "probe">>,
): Effect.Effect<ReadonlyArray<Site>, FacetError> =>
  Effect.flatMap(fingerprintIn(model), (fingerprint) =>
    checked(() =>
      policies.flatMap(({ id, probe }) => {
        if (probe === undefined) return []
        checkProbe(`policies.${id}.probe`, probe, model, fingerprint)
        return [probeSite(probe.layer)]
      }),
    ),
  )

function checkProbe(option: string, probe: Probe, { config, root }: OpenModel, fingerprint: string): void {
  if (probe.model !== fingerprint) {
    throw invalidRequest(
      `${option}.model`,
      `it was trained on the model ${probe.model}, and ${root} is ${fingerprint}`,
      "Open the model that it was trained on, in the same quantisation, or train the policy on this one.",
    )
  }
  checkLayer(config.layers, probe.layer, `${option}.layer`)
  const wanted = probe.pooling.length * siteWidth(config, probe.site)
  if (probe.weights.length === wanted) return
  const problem = `${probe.weights.length} of them, where this model's residual stream needs ${wanted}`
  throw invalidRequest(`${option}.weights`, problem, "Train the policy again.")
}
