import type { FeatureSource } from "@facet/react-hooks"

/**
 * Which autoencoder the features belong to, read from the address of its file: Neuronpedia has pages for Gemma Scope's.
 *
 * @param scope such as `https://huggingface.co/google/gemma-scope-2b-pt-res/resolve/main/layer_20/width_16k/average_l0_71/params.npz`
 */
export function featureSource(model: string, scope: string): FeatureSource | undefined {
  const gemma = /gemma-2-\d+b(?:-it)?/.exec(model)?.[0]
  const [, repository, folder] = /(gemma-scope-[\w-]+)\/resolve\/[^/]+\/(.+)$/.exec(scope) ?? []
  if (gemma === undefined || repository === undefined || folder === undefined) return undefined
  return { model: gemma, saeId: `${repository}/${folder}` }
}
