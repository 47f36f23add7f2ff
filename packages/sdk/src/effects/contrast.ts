/** The effect `contrast`: a direction out of pairs of texts. */
import * as Effect from "effect/Effect"
import type { ContrastOptions, ContrastPair, ContrastVector } from "../words/Contrast.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import { lateCode } from "../words/lateCode.ts"

/**
 * The mean difference between what a site holds of the positive and of the negative text of each pair: `[width]` for each
 * layer, not normalised. Texts are taken raw (`<bos>` first, no chat template); each is run once for all layers.
 *
 * Fails with an `InvalidRequestError` when there are no pairs or the model has no such layer or site, and with a
 * `ContextOverflowError` when a text is longer than the context.
 *
 * Source: Rimsky et al., "Steering Llama 2 via Contrastive Activation Addition" (arXiv 2312.06681).
 *
 * @example
 * const pairs = [{ positive: "The fox was happy.", negative: "The fox was sad." }]
 * const [happy] = yield* contrast(pairs, { layers: [3] })
 * const { text } = yield* generate("Tell me a story.", { interventions: [{ type: "steer", ...happy!, strength: 2 }] })
 */
export const contrast = (
  pairs: ReadonlyArray<ContrastPair>,
  options: ContrastOptions,
): Effect.Effect<ReadonlyArray<ContrastVector>, FacetError, Opened> =>
  lateCode(() => import("./contrastPairs.ts")).pipe(
    Effect.flatMap(({ contrastPairs }) => contrastPairs(pairs, options)),
    Effect.withSpan("facet.contrast"),
  )
