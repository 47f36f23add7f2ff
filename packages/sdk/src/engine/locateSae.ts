import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import { type ModelConfig, siteWidth } from "../graph/ModelConfig.ts"
import type { SaeEntry } from "../scope/SaePath.ts"
import { readSae, type SaeFile } from "../scope/SaeFile.ts"
import { ScopeFileError } from "../words/Errors.ts"
import type { SiteName } from "../words/Site.ts"

/**
 * Locates an autoencoder's arrays. Rejects with a `ScopeFileError`, also when it does not fit the model's sites or layers.
 */
export async function locateSae(files: ModelFiles, entry: SaeEntry, config: ModelConfig): Promise<SaeFile> {
  const sae = await readSae(files, entry.file)
  const { layer, site, writes = site } = entry
  const refuse = (problem: string): ScopeFileError =>
    new ScopeFileError({
      file: filePath(files, entry.file),
      problem,
      remedy: "Take the autoencoders that were trained on this model and site.",
    })
  if (layer >= config.layers) throw refuse(`it belongs to layer ${layer}, and this model has ${config.layers}`)
  const fitting: ReadonlyArray<[string, number, SiteName]> = [
    ["reads", sae.dModel, site],
    ["writes", sae.dOut, writes],
  ]
  for (const [verb, width, at] of fitting) {
    const expected = siteWidth(config, at)
    if (width === expected) continue
    throw refuse(`it ${verb} activations of width ${width}, and ${at} of this model has width ${expected}`)
  }
  return sae
}

/** An autoencoder's file holds what is no number. */
export const damagedSae = (file: string, problem: string): ScopeFileError =>
  new ScopeFileError({ file, problem, remedy: "The file is damaged: get another copy." })
