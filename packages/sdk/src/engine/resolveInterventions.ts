/** What a request asks to be changed, as directions in the model that it is asked of. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex } from "@noble/hashes/utils.js"
import { type ModelConfig, siteWidth } from "../graph/ModelConfig.ts"
import type { ChangeSite } from "../graph/SiteChange.ts"
import { InvalidRequestError, invalidRequest } from "../words/Errors.ts"
import {
  type Change,
  checkLength,
  type InterventionRequest,
  isAmong,
  lengthOf,
  mostAdded,
  mostFactor,
  type ReadPositions,
} from "../words/Intervention.ts"
import { checkLayer, type Site, siteKey } from "../words/Site.ts"
import { AddedLengths } from "./AddedLengths.ts"
import { type Directions, Interventions } from "./Interventions.ts"
import type { SaeFeatures, WholeEncoder } from "./SaeFeatures.ts"

export interface ResolveOptions {
  readonly config: ModelConfig
  /** The autoencoder at a site. */
  readonly featuresAt: (place: Partial<Site>) => Promise<SaeFeatures>
}

type Steering = Extract<Change, { readonly type: "steer" }>
type Setting = Extract<Change, { readonly type: "set" }>

/** Below every number: what is read always passes. */
const always = -3.4028234663852886e38

/**
 * Finds the directions that a request's interventions act along.
 *
 * Rejects with an `InvalidRequestError` when the model or its autoencoders have no such layer, site or feature, a vector is
 * not as wide as its site, or two of the interventions contradict each other; and with a `ScopeFileError`.
 */
export async function resolveInterventions(
  list: ReadonlyArray<InterventionRequest> | undefined,
  options: ResolveOptions,
): Promise<Interventions> {
  const directions: Array<Directions> = []
  const [set, added] = [new SetFeatures(), new AddedLengths()]
  for (const request of list ?? []) directions.push(...(await directionsOf(request, options, set, added)))
  return Interventions.of(directions)
}

async function directionsOf(
  request: InterventionRequest,
  options: ResolveOptions,
  set: SetFeatures,
  added: AddedLengths,
): Promise<ReadonlyArray<Directions>> {
  const { change, option, place } = request
  if (place.layer !== undefined) checkLayer(options.config.layers, place.layer, `${option}.layer`)
  if (change.type === "steer") {
    const { direction } = change
    const placed =
      typeof direction === "number"
        ? await featureAt(request, direction, options)
        : vectorAt(request, direction, options)
    const steering = steeringAlong(request, change, placed)
    added.add(placed.site, lengthAdded(change, placed.vector), `${option}.strength`)
    return [steering]
  }
  const features = await autoencoderOf(request, options)
  features.checkReadable(option)
  for (const [index, activation] of change.features) {
    features.checkIndex(pathOf(request, change, index, "feature"), index)
    const path = pathOf(request, change, index, "value")
    const length = await features.writtenLength(index)
    checkAdded(path, activation, length)
    added.add(features.site, Math.abs(activation) * length, path)
    set.add(`feature ${index} is set at ${siteKey(features.site)}`, `${features.path}:${index}`, request)
  }
  if (change.errorTerm) {
    if (change.features.length === 0) return []
    return features.k === undefined
      ? settingEach(request, change, features)
      : [await settingChosen(request, change, features, await set.encoderOf(features))]
  }
  const replaced = siteKey(features.site)
  set.add(`an autoencoder takes the place of ${replaced}`, replaced, request)
  return [await settingAll(request, change, features), ...(await skipping(request, features))]
}

/** A feature's own path: it is one of a record, or the only one. */
const pathOf = (
  { option }: InterventionRequest,
  { isListed }: Setting,
  index: number,
  field: "feature" | "value",
): string => (isListed ? `${option}.features[${index}]` : `${option}.${field}`)

/** The most that steering adds; a factor counts as what it makes of a tensor of any model's length. */
const lengthAdded = ({ method, strength }: Steering, vector: Float32Array): number => {
  if (method === "orthogonal-decomposition") return Math.abs(strength) * (mostAdded / mostFactor)
  return Math.abs(strength) * (method === "additive" ? lengthOf(vector) : 1)
}

/** What is wrong with the place is told by the intervention's own path. */
async function autoencoderOf(
  { option, place }: InterventionRequest,
  { featuresAt }: ResolveOptions,
): Promise<SaeFeatures> {
  try {
    return await featuresAt(place)
  } catch (cause) {
    if (!(cause instanceof InvalidRequestError) || cause.option === "scope") throw cause
    throw invalidRequest(`${option}.${cause.option}`, cause.problem, cause.remedy)
  }
}

/** A direction at its site. */
interface Placed {
  readonly site: Site
  readonly vector: Float32Array
  /** Tells it apart from others. */
  readonly name: string
}

async function featureAt(request: InterventionRequest, index: number, options: ResolveOptions): Promise<Placed> {
  const features = await autoencoderOf(request, options)
  features.checkIndex(`${request.option}.feature`, index)
  return { site: features.site, vector: await features.decoderRow(index), name: `${features.path}:${index}` }
}

function vectorAt({ option, place }: InterventionRequest, vector: Float32Array, { config }: ResolveOptions): Placed {
  const { layer, site = "resid_post" } = place
  if (layer === undefined) {
    throw invalidRequest(
      `${option}.layer`,
      "a vector does not say which layer is meant",
      `Use a whole number from 0 to ${config.layers - 1}.`,
    )
  }
  const width = siteWidth(config, site)
  if (vector.length === width) return { site: { layer, site }, vector, name: digest(vector) }
  throw invalidRequest(
    `${option}.vector`,
    `it has ${vector.length} numbers, and ${site} of this model has a width of ${width}`,
    "Pass one as wide as the site, made with this model.",
  )
}

function steeringAlong(
  { option, positions }: InterventionRequest,
  { direction, method, strength }: Steering,
  { name, site, vector }: Placed,
): Directions {
  checkLength(vector, { option, strength, method, named: typeof direction === "number" ? "feature" : "vector" })
  const key = JSON.stringify(["steer", siteKey(site), name, strength, method, keyOf(positions)])
  const one = { site, width: vector.length, key, positions }
  if (method === "additive") {
    const [encoder, zero] = [new Float32Array(vector.length), Float32Array.of(0)]
    return {
      ...one,
      encoder,
      bias: zero,
      threshold: zero,
      constant: Float32Array.of(strength),
      gain: zero,
      decoder: vector,
    }
  }
  const length = lengthOf(vector)
  const unit = vector.map((value) => value / length)
  const isCap = method === "projection-cap"
  return {
    ...one,
    encoder: unit,
    // What is above the cap is taken off; of the whole projection all but a part is.
    bias: Float32Array.of(isCap ? -strength : 0),
    threshold: Float32Array.of(isCap ? 0 : always),
    constant: Float32Array.of(0),
    gain: Float32Array.of(isCap ? -1 : strength - 1),
    decoder: unit,
  }
}

async function settingEach(
  { positions }: InterventionRequest,
  { features: wanted }: Setting,
  features: SaeFeatures,
): Promise<ReadonlyArray<Directions>> {
  const { change, path, site } = features
  const all: Array<Directions> = []
  for (const [index, activation] of wanted) {
    const { bias, decoder, encoder, threshold } = await features.direction(index)
    all.push({
      site: change,
      width: decoder.length,
      key: JSON.stringify(["set", siteKey(site), `${path}:${index}`, activation, keyOf(positions)]),
      positions,
      encoder,
      bias: Float32Array.of(bias),
      threshold: Float32Array.of(threshold),
      constant: Float32Array.of(activation),
      gain: Float32Array.of(-1),
      decoder,
    })
  }
  return all
}

/** Whether a feature is active depends on all others: all are read, and some are set. */
async function settingChosen(
  { positions }: InterventionRequest,
  { features: wanted }: Setting,
  features: SaeFeatures,
  { bias, encoder, norms }: WholeEncoder,
): Promise<Directions> {
  const { change, k = bias.length, path, site } = features
  const rows: Array<Float32Array> = []
  for (const [index] of wanted) {
    const norm = norms?.[index] ?? 1
    rows.push((await features.decoderRow(index)).map((value) => value / norm))
  }
  const width = rows[0]?.length ?? 0
  const decoder = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) decoder.set(row, i * width)
  return {
    site: change,
    width,
    key: JSON.stringify(["set", siteKey(site), path, wanted, keyOf(positions)]),
    positions,
    encoder,
    bias,
    choice: { k, of: wanted.map(([index]) => index) },
    threshold: new Float32Array(rows.length),
    constant: Float32Array.from(wanted, ([, activation]) => activation),
    gain: new Float32Array(rows.length).fill(-1),
    decoder,
  }
}

async function settingAll(
  { positions }: InterventionRequest,
  { features: wanted }: Setting,
  features: SaeFeatures,
): Promise<Directions> {
  const { change, k, path, site } = features
  const { width, ...matrices } = await features.whole()
  const constant = new Float32Array(width)
  const gain = new Float32Array(width).fill(1)
  const { length } = matrices.base
  for (const [index, activation] of wanted) {
    constant[index] = activation
    gain[index] = 0
  }
  const set = wanted.toSorted(([a], [b]) => a - b)
  const key = JSON.stringify(["splice", siteKey(site), path, set, keyOf(positions)])
  const choice = k === undefined ? undefined : { k, of: Array.from({ length: width }, (_, i) => i) }
  return { site: change, width: length, key, positions, ...matrices, choice, constant, gain }
}

/** What an affine transcoder adds of its input: each number of the output reads its column, and is written as it is. */
async function skipping({ positions }: InterventionRequest, features: SaeFeatures): Promise<ReadonlyArray<Directions>> {
  const skip = await features.skip()
  if (skip === undefined) return []
  const { change, path, site } = features
  const asItIs: ChangeSite = { ...site, reads: change.reads }
  const width = features.writtenWidth
  const zeros = new Float32Array(width)
  const decoder = new Float32Array(width * width)
  for (let i = 0; i < width; i++) decoder[i * width + i] = 1
  return [
    {
      site: asItIs,
      width,
      key: JSON.stringify(["skip", siteKey(site), path, keyOf(positions)]),
      positions,
      encoder: skip,
      bias: zeros,
      threshold: zeros.map(() => always),
      constant: zeros,
      gain: zeros.map(() => 1),
      decoder,
    },
  ]
}

function checkAdded(option: string, activation: number, length: number): void {
  if (Math.abs(activation) * length <= mostAdded) return
  throw invalidRequest(
    option,
    `an activation of ${activation} of a feature of length ${length} is more than a model's norms can take`,
    `Keep their product at ${mostAdded} or below.`,
  )
}

/** Which features are set where: one that is set twice would be set to neither. */
class SetFeatures {
  readonly #all = new Map<string, Array<InterventionRequest>>()
  readonly #encoders = new Map<SaeFeatures, Promise<WholeEncoder>>()

  /** Read once for a request, however many of its features are set. */
  encoderOf(features: SaeFeatures): Promise<WholeEncoder> {
    const known = this.#encoders.get(features) ?? features.wholeEncoder()
    this.#encoders.set(features, known)
    return known
  }

  /**
   * @param what is done, in words.
   * @param key of what cannot be done twice at one position.
   */
  add(what: string, key: string, request: InterventionRequest): void {
    const others = this.#all.get(key) ?? []
    this.#all.set(key, [...others, request])
    const other = others.find(({ positions }) => overlap(positions, request.positions))
    if (other === undefined) return
    throw invalidRequest(
      request.option,
      `${what} already by ${other.option}`,
      "Leave one of them out, or give them positions that do not overlap.",
    )
  }
}

function overlap(a: ReadPositions, b: ReadPositions): boolean {
  if (!("from" in a)) return a.some((position) => isAmong(b, position))
  if (!("from" in b)) return overlap(b, a)
  return Math.max(a.from, b.from) < Math.min(a.to, b.to)
}

/** JSON has no Infinity. */
const keyOf = (positions: ReadPositions): ReadonlyArray<number> | string =>
  "from" in positions ? `${positions.from}-${positions.to}` : positions

const digest = (vector: Float32Array): string =>
  bytesToHex(sha256(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)))
