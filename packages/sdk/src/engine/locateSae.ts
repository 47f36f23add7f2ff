import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import { type ModelConfig, siteWidth } from "../graph/ModelConfig.ts"
import type { SaeEntry } from "../scope/Catalogue.ts"
import { readSae, type SaeFile } from "../scope/SaeFile.ts"
import { ScopeFileError } from "../words/Errors.ts"

/** Locates an autoencoder's arrays. Rejects with a `ScopeFileError`, also when it does not fit the model's site. */
export async function locateSae(files: ModelFiles, entry: SaeEntry, config: ModelConfig): Promise<SaeFile> {
  const sae = await readSae(files, entry.file)
  const expected = siteWidth(config, entry.site)
  if (sae.dModel === expected) return sae
  throw new ScopeFileError({
    file: filePath(files, entry.file),
    problem: `it reads activations of width ${sae.dModel}, and ${entry.site} of this model has width ${expected}`,
    remedy: "Take the autoencoders that were trained on this model and site.",
  })
}

/** An autoencoder's file holds what is no number. */
export const damagedSae = (file: string, problem: string): ScopeFileError =>
  new ScopeFileError({ file, problem, remedy: "The file is damaged: get another copy." })
