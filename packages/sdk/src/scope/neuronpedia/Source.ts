/** Neuronpedia's name of an autoencoder: a model and a source. */
import { invalidRequest } from "../../words/Errors.ts"
import type { Site, SiteName } from "../../words/Site.ts"
import { widthNamed } from "../SaePath.ts"

export interface Source {
  /** `gemma-2-2b`. */
  readonly model: string
  /** `20-gemmascope-res-16k`. */
  readonly source: string
}

/**
 * Reads `gemma-2-2b/20-gemmascope-res-16k`, as the catalogue gives it.
 *
 * @throws InvalidRequestError for anything else.
 */
export function readSource(text: string): Source {
  const [model = "", source = "", ...more] = text.split("/")
  if ([model, source].every((word) => /^[\w-][\w.-]*$/.test(word)) && more.length === 0) return { model, source }
  throw invalidRequest(
    "source",
    `${JSON.stringify(text)} is no source of Neuronpedia's`,
    "Give a model and a source, as in gemma-2-2b/20-gemmascope-res-16k.",
  )
}

export const sourceName = ({ model, source }: Source): string => `${model}/${source}`

/** Gemma Scope's words for where an autoencoder reads, as a source or a set has them. */
const sites: Readonly<Record<string, SiteName>> = {
  res: "resid_post",
  att: "attn_z",
  mlp: "mlp_out",
  transcoder: "mlp_in_norm",
  "2-transcoder": "mlp_in",
}

/** Where an autoencoder of a set reads: `gemmascope-res-16k`; undefined for one that is not Gemma Scope's. */
export function siteOfSet(set: string): SiteName | undefined {
  const [, kind = ""] = /^gemmascope-(?:2-(?!transcoder))?(res|att|mlp|(?:2-)?transcoder)-/.exec(set) ?? []
  return sites[kind]
}

/** What a source says of its autoencoder: `gemma-2-2b/20-gemmascope-res-16k`; undefined for one that is not Gemma Scope's. */
export function placeOfSource(name: string): (Site & { readonly width: number }) | undefined {
  const [, layer, set = "", width = ""] =
    /^(?:[\w.-]+\/)?(\d+)-(gemmascope-[\w-]*?-(\d+[km]))(?:__l0-\d+)?$/.exec(name) ?? []
  const site = siteOfSet(set)
  return layer === undefined || site === undefined
    ? undefined
    : { layer: Number(layer), site, width: widthNamed(width) }
}
