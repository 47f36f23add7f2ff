import { invalidRequest, ScopeFileError } from "../words/Errors.ts"
import type { Progress } from "../words/Progress.ts"
import type { ScopeQuery } from "../words/ScopeQuery.ts"
import { findSae, readScopeName } from "./catalogue/ScopeName.ts"
import { transferWarning } from "./catalogue/TrainedModel.ts"

/**
 * The address on the Hugging Face Hub of the autoencoder that a name or a query means, for a page.
 *
 * @param id how the model was opened.
 * @throws InvalidRequestError for what nothing has, and for a whole release; ScopeFileError for a kind that is not read.
 */
export function scopeUrl(
  scope: string | ScopeQuery,
  id: string,
  onProgress: ((progress: Progress) => void) | undefined,
): string {
  const named =
    typeof scope === "string" ? readScopeName(scope, { id }) : ({ kind: "sae", sae: findSae(scope, { id }) } as const)
  if (named === undefined || named.kind === "release") {
    throw invalidRequest(
      "scope",
      `${JSON.stringify(scope)} names more than one autoencoder`,
      "In a browser give one, as in gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical, or its URL.",
    )
  }
  const { file, repository, trained, unread } = named.sae
  if (unread !== undefined) {
    throw new ScopeFileError({ file, problem: unread, remedy: "Take an autoencoder of another site." })
  }
  const message = transferWarning(trained, { id })
  const place = { phase: "files", model: id, file, loadedBytes: 0, totalBytes: 0 } as const
  if (message !== undefined) onProgress?.({ ...place, message, isWarning: true })
  return `https://huggingface.co/${repository}/resolve/main/${file}`
}
