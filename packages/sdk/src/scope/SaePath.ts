/**
 * What the path of an autoencoder says of it. Paths are Gemma Scope's: `layer_L/width_W/average_l0_N/params.npz`, below a
 * folder whose name says the site: the site itself, or a release's name (`gemma-scope-2b-pt-res`); or Gemma Scope 2's:
 * `resid_post/layer_L_width_W_l0_medium/params.safetensors`.
 */
import { parametersFile, parametersFile2, saeLensFile } from "../files/ModelFileNames.ts"
import { invalidRequest } from "../words/Errors.ts"
import { type Site, type SiteName, siteNames } from "../words/Site.ts"

export interface SaeEntry extends Site {
  /** Its parameters, relative to the scope's folder. */
  readonly file: string
  /** The folder's own words, 0 where they are missing. */
  readonly width: number
  readonly averageL0: number
  /** Neuronpedia's model and source, where the path is one of Gemma Scope's. */
  readonly neuronpedia?: string
  /** Of a transcoder: where it writes. All others write where they read. */
  readonly writes?: SiteName
}

/** Files that hold an autoencoder's parameters, where nothing but a folder is named. */
export const parameterFiles: ReadonlyArray<string> = [parametersFile, parametersFile2, saeLensFile]

const nameOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? ""

/** Whether a file is SAELens', so that `cfg.json` beside it says what it is. */
export const isSaeLensFile = (path: string): boolean => nameOf(path) === saeLensFile

/** The folder that a file is in, with a `/` behind it; `""` for none. */
export const folderOf = (file: string): string => file.slice(0, file.lastIndexOf("/") + 1)

/** What Gemma Scope keeps beside its autoencoders of a site: of the embedding, and Gemma Scope 2's of several layers or sites. */
const otherKinds = /^(?:embedding|(?:crosscoder|clt)(?:_.*)?)$/

/** Whether a path is one of theirs. */
export const isOtherKind = (path: string): boolean => path.split(/[\\/]/).some((segment) => otherKinds.test(segment))

/** Where an autoencoder reads and, of a transcoder, writes. */
type Place = Pick<SaeEntry, "site" | "writes">

/** The last word of a Gemma Scope release's name says where it was trained. */
const releasePlaces: Readonly<Record<string, Place>> = {
  res: { site: "resid_post" },
  att: { site: "attn_z" },
  mlp: { site: "mlp_out" },
  transcoders: { site: "mlp_in_norm", writes: "mlp_out" },
}

/** Gemma Scope 2 has its sites in one repository; of `_all` there is one for each layer. */
const folderPlaces: Readonly<Record<string, Place>> = {
  resid_post_all: { site: "resid_post" },
  attn_out: { site: "attn_z" },
  attn_out_all: { site: "attn_z" },
  mlp_out_all: { site: "mlp_out" },
  transcoder: { site: "mlp_in", writes: "mlp_out" },
  transcoder_all: { site: "mlp_in", writes: "mlp_out" },
}

function placeOf(segment: string): Place | undefined {
  const site = siteNames.find((name) => name === segment)
  if (site !== undefined) return { site }
  if (Object.hasOwn(folderPlaces, segment)) return folderPlaces[segment]
  const release = segment.includes("gemma-scope")
    ? (segment
        .replace(/-canonical$/, "")
        .split("-")
        .at(-1) ?? "")
    : ""
  return Object.hasOwn(releasePlaces, release) ? releasePlaces[release] : undefined
}

/** Features, as Gemma Scope names them: `16k` is 16,384 and `65k` 65,536, the power of two of that many thousands; else 0. */
export function widthNamed(name: string): number {
  const match = /^(\d+)([km]?)$/.exec(name)
  if (match === null) return 0
  if (match[2] === "") return Number(match[1])
  const power = 2 ** Math.round(Math.log2(Number(match[1]) * (match[2] === "k" ? 1e3 : 1e6)))
  return widthName(power) === name ? power : 0
}

/** The same the other way round. */
export const widthName = (width: number): string =>
  width >= 1e6 ? `${Math.floor(width / 1e6)}m` : width >= 1e3 ? `${Math.floor(width / 1e3)}k` : String(width)

/** What Gemma Scope 2's words of an average L0 aim at, in the later layers. Source: SAELens' list of its autoencoders. */
const namedL0: Readonly<Record<string, number>> = { small: 20, medium: 60, big: 150 }

/** Gemma Scope calls the one of several autoencoders canonical whose average L0 is nearest to this. Source: SAELens. */
export const canonicalL0 = 100

/** A folder's words: `layer_20`, `width_16k`, `average_l0_71`, or all three in one. */
function wordsOf(segment: string): { readonly layer?: number; readonly width?: number; readonly averageL0?: number } {
  const all = /^layer_(\d+)_width_(\d+[km]?)_l0_(small|medium|big)(?:_.*)?$/.exec(segment)
  if (all !== null) {
    return { layer: Number(all[1]), width: widthNamed(all[2] ?? ""), averageL0: namedL0[all[3] ?? ""] ?? 0 }
  }
  const [, word, value = ""] = /^(layer|width|average_l0)_(\w+)$/.exec(segment) ?? []
  if (word === "width") return { width: widthNamed(value) }
  if (word === undefined || !/^\d+$/.test(value)) return {}
  return word === "layer" ? { layer: Number(value) } : { averageL0: Number(value) }
}

/**
 * Reads what a path says of the autoencoder at its end.
 *
 * @param path the file's whole path, so that folders above the scope's own may name the site.
 * @param file the same file, relative to the scope's folder.
 * @param given what else is known, for what no folder says.
 * @returns undefined when neither says the site and the layer, or when it is no autoencoder of a site.
 * @throws InvalidRequestError when the path and what is known contradict each other.
 */
export function readSaePath(
  path: string,
  file: string,
  given: Partial<Site> & Partial<Place> = {},
): SaeEntry | undefined {
  const segments = path.split(/[\\/]/)
  if (!isSaeLensFile(file) && isOtherKind(path)) return undefined
  const words = segments.map(wordsOf)
  const last = (word: "layer" | "width" | "averageL0"): number | undefined =>
    words.map((one) => one[word]).findLast((value) => value !== undefined)
  const layer = last("layer")
  // Anybody's transcoder may lie in a folder of that name: SAELens' own file says what it reads.
  const telling = isSaeLensFile(file) ? segments.filter((segment) => !/^transcoder(?:_all)?$/.test(segment)) : segments
  const place = telling.map(placeOf).findLast((found) => found !== undefined)
  const named = { ...(layer === undefined ? {} : { layer }), ...place }
  checkAgreement(file, named, given)
  const whole = { ...given, ...named }
  if (whole.layer === undefined || whole.site === undefined) return undefined
  return {
    site: whole.site,
    layer: whole.layer,
    file,
    width: last("width") ?? 0,
    averageL0: last("averageL0") ?? 0,
    ...(whole.writes !== undefined && whole.writes !== whole.site && { writes: whole.writes }),
  }
}

/** @throws InvalidRequestError where what a file says of its place and what was given contradict each other. */
export function checkAgreement(file: string, named: Partial<Site>, given: Partial<Site>): void {
  for (const option of ["layer", "site"] as const) {
    const [own, other] = [named[option], given[option]]
    if (own === undefined || other === undefined || own === other) continue
    throw invalidRequest(option, `${file} belongs to ${option} ${own}, and ${other} was given`, "Leave it out.")
  }
}
