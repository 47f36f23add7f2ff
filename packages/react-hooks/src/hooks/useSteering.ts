import type { CallOptions, Feature, GenerateOptions, Intervention, Prompt, Site } from "@facet/sdk/words"
import { useCallback, useMemo, useState } from "react"
import type { GenerationSnapshot } from "../store/GenerationStore.ts"
import { useGenerate } from "./useGenerate.ts"

/** A feature, and where it is one. */
export interface PlacedFeature extends Pick<Feature, "index" | "label">, Site {}

/** One that is turned up, or down. */
export interface SteeredFeature extends PlacedFeature {
  /** Times its decoder row is added at every token but `<bos>`; 0 adds nothing. */
  readonly strength: number
}

export interface UseSteeringOptions extends Omit<GenerateOptions, "interventions"> {
  /** Steered from the beginning. */
  readonly initial?: ReadonlyArray<SteeredFeature> | undefined
}

export interface UseSteeringResult {
  readonly features: ReadonlyArray<SteeredFeature>
  /** What `generate` and the other effects take to do the same. */
  readonly interventions: ReadonlyArray<Intervention>
  /** Turns a feature to a strength; adds it where it is not there. */
  readonly steer: (feature: PlacedFeature, strength: number) => void
  /** Takes a feature out of the list. */
  readonly release: (feature: PlacedFeature) => void
  readonly clear: () => void
  /** Answers a prompt twice: as the model is, and steered. Resolves when both have ended; never rejects. */
  readonly compare: (prompt: Prompt, options?: GenerateOptions & CallOptions) => Promise<void>
  /** Ends both answers within one token. */
  readonly stop: () => void
  /** The default answer, and the steered one. */
  readonly plain: GenerationSnapshot
  readonly steered: GenerationSnapshot
}

export const isSameFeature = (a: PlacedFeature, b: PlacedFeature): boolean =>
  a.index === b.index && a.layer === b.layer && a.site === b.site

/**
 * Features that are steered by, and an answer beside the one that the model gives without them. Strengths count from the next
 * `compare()` on.
 *
 * @param options of both answers.
 * @example
 * const { compare, plain, steer, steered } = useSteering({ maxTokens: 60 })
 * steer({ site: "resid_post", layer: 4, index: 519, label: "night" }, 40)
 */
export function useSteering({ initial = [], ...options }: UseSteeringOptions = {}): UseSteeringResult {
  const [features, setFeatures] = useState(initial)
  const { generate: generatePlain, reset: _plain, stop: stopPlain, ...plain } = useGenerate(options)
  const { generate: generateSteered, reset: _steered, stop: stopSteered, ...steered } = useGenerate(options)
  const interventions = useMemo(() => features.filter(({ strength }) => strength !== 0).map(steering), [features])
  const steer = useCallback((feature: PlacedFeature, strength: number) => {
    setFeatures((now) =>
      now.some((one) => isSameFeature(one, feature))
        ? now.map((one) => (isSameFeature(one, feature) ? { ...one, strength } : one))
        : [...now, { ...feature, strength }],
    )
  }, [])
  const release = useCallback((feature: PlacedFeature) => {
    setFeatures((now) => now.filter((one) => !isSameFeature(one, feature)))
  }, [])
  const clear = useCallback(() => setFeatures([]), [])
  const compare = useCallback(
    async (prompt: Prompt, own: GenerateOptions & CallOptions = {}) => {
      await Promise.all([generatePlain(prompt, own), generateSteered(prompt, { ...own, interventions })])
    },
    [generatePlain, generateSteered, interventions],
  )
  const stop = useCallback(() => {
    stopPlain()
    stopSteered()
  }, [stopPlain, stopSteered])
  return { features, interventions, steer, release, clear, compare, stop, plain, steered }
}

const steering = ({ index, layer, site, strength }: SteeredFeature): Intervention => ({
  type: "steer",
  site,
  layer,
  feature: index,
  strength,
})
