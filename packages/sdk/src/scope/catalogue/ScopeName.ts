/**
 * How an autoencoder of the catalogue is named: SAELens' release and id, Neuronpedia's source, a file of the Hub, or by what it
 * is, with the model that is open.
 */
import { checkCount, checkKnown, checkUnicode, checkWhole } from "../../words/Checks.ts"
import { type InvalidRequestError, invalidRequest } from "../../words/Errors.ts"
import { readSite } from "../../words/Site.ts"
import { widthName, widthNamed } from "../SaePath.ts"
import { catalogue } from "./catalogue.ts"
import type { PublishedSae } from "./PublishedSae.ts"
import type { ScopeQuery } from "../../words/ScopeQuery.ts"
import { isRelated, type TrainedModel, trainedFor } from "./TrainedModel.ts"

/** What a name stands for: one autoencoder, or a release, of which whatever is on this machine is meant. */
export type Named =
  | { readonly kind: "sae"; readonly sae: PublishedSae }
  | { readonly kind: "release"; readonly release: string; readonly repository: string }

/**
 * Reads a name; undefined where it is none of the catalogue's, such as a path.
 *
 * @param model that is open, for names that leave it out.
 * @throws InvalidRequestError for a name of the right form that nothing has; it lists what there is.
 *
 * @example
 * readScopeName("gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical")
 * readScopeName("gemma-2-2b/20-gemmascope-res-16k")
 * readScopeName("20-gemmascope-res-16k", { id: "google/gemma-2-2b-it" })
 */
export function readScopeName(text: string, model: TrainedModel = {}): Named | undefined {
  checkUnicode("scope", text)
  return readHub(text) ?? readSaeLens(text) ?? readNeuronpedia(text, model)
}

/** `hf:google/…/params.npz`, or the address of such a file or repository. */
function readHub(text: string): Named | undefined {
  const address =
    /^(?:hf:|https:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/)(google\/gemma-scope-[\w-]+)(?:\/(.*))?$/.exec(text)
  if (address === null) return undefined
  const [, repository = "", rest = ""] = address
  const file = rest.replace(/^(?:resolve|blob|tree|raw)\/[^/]+\/?/, "").replace(/\?.*$/, "")
  const inside = catalogue().filter((sae) => sae.repository === repository)
  if (inside.length === 0) throw unknown(text, "there is no such repository", releaseList())
  if (file === "") return releaseOf(inside[0]?.release ?? "", inside)
  const found = inside.find((sae) => sae.file === file || folderOf(sae) === file.replace(/\/$/, ""))
  if (found === undefined) throw unknown(text, `${repository} has no ${file}`, exampleOf(inside))
  return { kind: "sae", sae: found }
}

const folderOf = ({ file }: PublishedSae): string => file.slice(0, file.lastIndexOf("/"))

/** `RELEASE`, `RELEASE/ID`, and with `google/` in front. */
function readSaeLens(text: string): Named | undefined {
  const [, release = "", id] = /^(?:google\/)?(gemma-scope-[\w-]+)(?:\/(.+?))?\/?$/.exec(text) ?? []
  if (release === "") return undefined
  const inside = catalogue().filter(
    ({ repository, saeLensIds }) => saeLensIds.some(([name]) => name === release) || repository === `google/${release}`,
  )
  if (inside.length === 0) throw unknown(text, `there is no release ${release}`, releaseList())
  if (id === undefined) return releaseOf(release, inside)
  const wanted = id.replace(/\/params\.(?:npz|safetensors)$/, "")
  const found =
    inside.find((sae) => sae.saeLensIds.some(([name, own]) => name === release && own === wanted)) ??
    inside.find((sae) => folderOf(sae) === wanted)
  if (found === undefined) throw unknown(text, `${release} has no ${id}`, exampleOf(inside))
  return { kind: "sae", sae: found }
}

const releaseOf = (release: string, inside: ReadonlyArray<PublishedSae>): Named => ({
  kind: "release",
  release,
  repository: inside[0]?.repository ?? "",
})

/** `20-gemmascope-res-16k`, with or without the model, or the address of its page. */
function readNeuronpedia(text: string, model: TrainedModel): Named | undefined {
  const bare = text.replace(/^https:\/\/(?:www\.)?neuronpedia\.org\//, "")
  const match =
    /^(?:([\w.-]+)[/@])?(\d+-gemmascope-(?:2-)?(?:res|att|mlp|transcoder)-\d+[km](?:__l0-\d+)?)(?:\/\d+)?$/.exec(bare)
  if (match === null) return undefined
  const [, named, source = ""] = match
  const wanted = canonicalSource(source)
  const all = catalogue().filter(({ neuronpedia }) => neuronpedia?.endsWith(`/${wanted}`))
  const fitting = all.filter((sae) =>
    named === undefined ? isRelated(sae, model) : sae.neuronpedia?.startsWith(`${named}/`),
  )
  const [found, other] = fitting
  const models = [...new Set(all.map(({ neuronpedia }) => neuronpedia?.split("/")[0]))].join(", ")
  if (found === undefined) {
    const isOfNone = model.id === undefined && model.shape === undefined
    const problem = isOfNone ? "it does not say of which model" : "it belongs to another model"
    throw unknown(
      text,
      named === undefined && models !== "" ? problem : "there is no such source",
      `There is ${source} of: ${models || "no model"}.`,
    )
  }
  if (other !== undefined && named === undefined && !isOne(fitting, model)) {
    throw unknown(text, "several models have it", `Say which, as in ${models.split(", ")[0]}/${source}.`)
  }
  return { kind: "sae", sae: trainedFor(fitting, model) ?? found }
}

/** A canonical one may be named with its L0, too. */
function canonicalSource(source: string): string {
  const match = /^(\d+)-gemmascope-(\w+)-(\d+[km])__l0-(\d+)$/.exec(source)
  if (match === null) return source
  const [, , , , l0] = match
  const bare = source.replace(/__l0-\d+$/, "")
  return catalogue().some((sae) => sae.neuronpedia?.endsWith(`/${bare}`) && sae.averageL0 === Number(l0))
    ? bare
    : source
}

const isOne = (fitting: ReadonlyArray<PublishedSae>, model: TrainedModel): boolean =>
  trainedFor(fitting, model) !== undefined

const queryNames = ["layer", "site", "width", "l0", "release"] as const satisfies ReadonlyArray<keyof ScopeQuery>

/**
 * Finds the autoencoder that is meant by what it is: of those that fit, one of the narrowest width, trained on the model
 * itself where there is such a one, and the canonical one.
 *
 * @throws InvalidRequestError that names the option which nothing fits, and says what there is.
 */
export function findSae(query: ScopeQuery, model: TrainedModel): PublishedSae {
  checkKnown(query, queryNames, "scope")
  checkWhole("scope.layer", query.layer)
  checkCount("scope.l0", query.l0)
  const { site } = readSite({ site: query.site ?? "resid_post" }, "scope.")
  const width = readWidth(query.width)
  let left = catalogue().filter((sae) =>
    query.release === undefined ? isRelated(sae, model) : isOfRelease(sae, query.release),
  )
  if (left.length === 0) throw noModel(query, model)
  const steps: ReadonlyArray<[keyof ScopeQuery, string | number | undefined, (sae: PublishedSae) => boolean]> = [
    ["site", site, (sae) => sae.site === site],
    ["layer", query.layer, (sae) => sae.layer === query.layer],
    ["width", query.width, (sae) => sae.width === width],
  ]
  for (const [option, value, fits] of steps) {
    if (value === undefined) continue
    const fitting = left.filter(fits)
    if (fitting.length === 0) {
      const there = [...new Set(left.map((sae) => describe(sae, option)))].join(", ")
      throw invalidRequest(`scope.${option}`, `there is no autoencoder with ${option} ${value}`, `There are: ${there}.`)
    }
    left = fitting
  }
  const ordered = left.toSorted(
    (a, b) =>
      b.layer * Number(query.layer === undefined) - a.layer * Number(query.layer === undefined) ||
      distance(a, model) - distance(b, model) ||
      Number(a.unread !== undefined) - Number(b.unread !== undefined) ||
      a.width - b.width ||
      nearness(a, query.l0) - nearness(b, query.l0),
  )
  const [found] = ordered
  if (found === undefined) throw noModel(query, model)
  return found
}

const distance = (sae: PublishedSae, model: TrainedModel): number => Number(trainedFor([sae], model) === undefined)

/** To the L0 that was asked for; else the canonical one, and of Gemma Scope 2 the one of Neuronpedia before that of every layer. */
const nearness = ({ averageL0, isCanonical, release }: PublishedSae, l0: number | undefined): number =>
  l0 === undefined ? 2 * Number(!isCanonical) + Number(release.endsWith("-all")) : Math.abs(averageL0 - l0)

const isOfRelease = ({ release, saeLensIds, repository }: PublishedSae, wanted: string): boolean =>
  wanted === release ||
  saeLensIds.some(([name]) => name === wanted) ||
  [repository, repository.slice("google/".length)].includes(wanted)

function readWidth(width: ScopeQuery["width"]): number | undefined {
  if (width === undefined) return undefined
  const read = typeof width === "number" ? width : widthNamed(width)
  if (Number.isInteger(read) && read > 0) return read
  throw invalidRequest(
    "scope.width",
    `${JSON.stringify(width)} is no width`,
    'Give a number of features, or as in "16k".',
  )
}

function describe(sae: PublishedSae, option: keyof ScopeQuery): string {
  if (option === "width") return `${widthName(sae.width)}`
  return option === "layer" ? String(sae.layer) : sae.site
}

function noModel({ release }: ScopeQuery, { id = "this model" }: TrainedModel): InvalidRequestError {
  if (release !== undefined)
    return invalidRequest("scope.release", `there is no release ${JSON.stringify(release)}`, releaseList())
  return invalidRequest(
    "scope",
    `Gemma Scope has nothing for ${id}, as far as its name and shape tell`,
    "Name the autoencoder, as in gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical, or give a folder.",
  )
}

const unknown = (text: string, problem: string, remedy: string): InvalidRequestError =>
  invalidRequest("scope", `${JSON.stringify(text)}: ${problem}`, remedy)

const releaseList = (): string => {
  const names = [...new Set(catalogue().map(({ release }) => release))].filter(
    (name) => !name.startsWith("gemma-scope-2-"),
  )
  return `There are ${names.join(", ")}, and those of Gemma Scope 2; \`facet scope list\` shows all.`
}

const exampleOf = (inside: ReadonlyArray<PublishedSae>): string => {
  const example = inside.find(({ isCanonical }) => isCanonical) ?? inside[0]
  return `One that it has: ${example?.saeLensIds[0]?.join("/")}. \`facet scope list\` shows all.`
}
