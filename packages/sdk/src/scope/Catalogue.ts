/**
 * Which sparse autoencoders a folder holds. Paths are Gemma Scope's: `layer_L/width_W/average_l0_N/params.npz`, below
 * a folder whose name says the site: the site itself, or a release's name (`gemma-scope-2b-pt-res`).
 */
import { invalidRequest } from "../words/Errors.ts"
import { type Site, type SiteName, siteNames } from "../words/Site.ts"

export interface SaeEntry extends Site {
  /** The `params.npz`, relative to the scope's folder. */
  readonly file: string
  /** The folder's own words, 0 where they are missing. */
  readonly width: number
  readonly averageL0: number
}

/** Autoencoders that Gemma Scope keeps beside the others, and that do not encode a layer's output. */
const otherKinds = /^embedding$|transcoder/

/** Whether a path is one of theirs. */
export const isOtherKind = (path: string): boolean => path.split(/[\\/]/).some((segment) => otherKinds.test(segment))

/** The last word of a Gemma Scope release's name says where it was trained. */
const releaseSites: Readonly<Record<string, SiteName>> = { res: "resid_post", att: "attn_z", mlp: "mlp_out" }

function siteOf(segment: string): SiteName | undefined {
  const known = siteNames.find((name) => name === segment)
  if (known !== undefined) return known
  return segment.includes("gemma-scope") ? releaseSites[segment.split("-").at(-1) ?? ""] : undefined
}

/** `16k` is 16,384 features, as Gemma Scope counts. */
function widthOf(segment: string): number {
  const match = /^width_(\d+)([km]?)$/.exec(segment)
  if (match === null) return 0
  const unit = match[2] === "k" ? 1024 : match[2] === "m" ? 1024 * 1024 : 1
  return Number(match[1]) * unit
}

/**
 * Reads what a path says of the autoencoder at its end.
 *
 * @param path the file's whole path, so that folders above the scope's own may name the site.
 * @param file the same file, relative to the scope's folder.
 * @param given what the caller knows, for what no folder says.
 * @returns undefined when neither says the site and the layer, or when it is no autoencoder of a layer's output.
 * @throws InvalidRequestError when the caller and the path contradict each other.
 */
export function readSaePath(path: string, file: string, given: Partial<Site> = {}): SaeEntry | undefined {
  const segments = path.split(/[\\/]/)
  if (isOtherKind(path)) return undefined
  const layerSegment = segments
    .map((segment) => /^layer_(\d+)$/.exec(segment)?.[1])
    .findLast((layer) => layer !== undefined)
  const named: Partial<Site> = {
    ...(layerSegment === undefined ? {} : { layer: Number(layerSegment) }),
    ...definedSite(segments.map(siteOf).findLast((found) => found !== undefined)),
  }
  checkAgreement(file, named, given)
  const { layer, site } = { ...given, ...named }
  if (layer === undefined || site === undefined) return undefined
  const l0 = segments.map((segment) => /^average_l0_(\d+)$/.exec(segment)?.[1]).findLast((found) => found !== undefined)
  return { site, layer, file, width: Math.max(...segments.map(widthOf)), averageL0: Number(l0 ?? 0) }
}

const definedSite = (site: SiteName | undefined): Partial<Site> => (site === undefined ? {} : { site })

function checkAgreement(file: string, named: Partial<Site>, given: Partial<Site>): void {
  for (const option of ["layer", "site"] as const) {
    const [own, other] = [named[option], given[option]]
    if (own === undefined || other === undefined || own === other) continue
    throw invalidRequest(option, `${file} belongs to ${option} ${own}, and ${other} was given`, "Leave it out.")
  }
}
