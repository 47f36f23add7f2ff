/** The labels of autoencoders on this machine, without a model. */
import { openScope } from "../scope/openScope.node.ts"
import { chooseSae } from "../scope/chooseSae.ts"
import { readLabels } from "../scope/Labels.ts"
import type { Site } from "../words/Site.ts"

export interface ScopeLabels extends Site {
  /** By the feature's index. */
  readonly labels: ReadonlyMap<number, string>
  /** Neuronpedia's model and source, where it is known. */
  readonly neuronpedia: string | undefined
}

/**
 * Reads the labels of the autoencoder of a folder that a trace would take.
 *
 * @param path as `resolveScope` gives it; left out: the embedded model's own.
 *
 * Rejects as opening it for a trace does.
 */
export async function scopeLabels(path: string | undefined, wanted: Partial<Site> = {}): Promise<ScopeLabels> {
  const scope = await openScope(path ?? (await import("@facet/tiny")).scopeFolder, wanted)
  const entry = await chooseSae(scope, wanted)
  const { layer, neuronpedia, site } = entry
  return { site, layer, neuronpedia, labels: await readLabels(scope.files, entry) }
}
