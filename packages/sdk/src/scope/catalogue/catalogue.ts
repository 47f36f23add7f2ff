import { gemmaScope } from "./gemmaScope.ts"
import { gemmaScope2 } from "./gemmaScope2.ts"
import type { PublishedSae } from "./PublishedSae.ts"

let known: ReadonlyArray<PublishedSae> | undefined

/**
 * Every autoencoder and transcoder of Gemma Scope and Gemma Scope 2, some 11,000, made from tables of a few kilobytes when
 * first asked for.
 *
 * @example
 * catalogue().filter(({ trained, layer, site }) => trained === "gemma-2-2b" && layer === 20 && site === "resid_post")
 */
export function catalogue(): ReadonlyArray<PublishedSae> {
  known ??= [...gemmaScope(), ...gemmaScope2()]
  return known
}
