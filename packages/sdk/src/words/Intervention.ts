/**
 * Changes of the model's inside while it runs: what is asked, as plain data, and how it is checked before the model is
 * known.
 *
 * All that acts at one site reads the tensor as it was before any of it acted, so that the order of a list means nothing.
 * What stands behind a site reads what was made of it. `<bos>` is never changed.
 */
import { checkFlag, checkKnown, checkNumber, checkOneOf, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { isRecord } from "./Json.ts"
import { readSite, type Site } from "./Site.ts"

/** At which of a sequence's tokens an intervention acts: those of a list, or of a range that ends before `to`. */
export type Positions = ReadonlyArray<number> | { readonly from?: number | undefined; readonly to?: number | undefined }

/** Where and when an intervention acts. */
export interface InterventionPlace {
  /** From 0. Default, for features: that of the autoencoder that a trace would read. A vector needs one. */
  readonly layer?: number | undefined
  /**
   * `resid_post`, `attn_z`, `mlp_out`, `mlp_in_norm` or `mlp_in`, or TransformerLens' name of it. Default: as for the layer; of a
   * vector `resid_post`.
   */
  readonly site?: string | undefined
  /** Counted from 0, which is `<bos>`'s and not to be had. Default: all others, of the prompt and of what follows. */
  readonly positions?: Positions | undefined
}

/**
 * How a direction is steered along. `d` is the direction scaled to length 1.
 * - `additive`: `x + strength * direction`;
 * - `orthogonal-decomposition`: what `x` has along `d` is multiplied by `strength`, the rest stays: 0 takes it out;
 * - `projection-cap`: what `x` has along `d` is brought down to `strength` where it is more.
 *
 * Source: Neuronpedia's steering methods (SIMPLE_ADDITIVE, ORTHOGONAL_DECOMP, PROJECTION_CAP).
 */
export const steeringMethods = ["additive", "orthogonal-decomposition", "projection-cap"] as const
export type SteeringMethod = (typeof steeringMethods)[number]

/**
 * Steers along a feature's decoder row, or along any vector.
 *
 * @example
 * const steering = { type: "steer", site: "resid_post", layer: 4, feature: 184, strength: 60 } as const
 * const { text } = await facet.generate("Tell me a story.", { interventions: [steering] })
 */
export interface Steer extends InterventionPlace {
  readonly type: "steer"
  /** Of the autoencoder at the site; this or a vector. */
  readonly feature?: number | undefined
  /** As wide as the site. */
  readonly vector?: Float32Array | ReadonlyArray<number> | undefined
  /** Default 1. -1,000,000 to 1,000,000; as a factor, of `orthogonal-decomposition`, -1,000 to 1,000. */
  readonly strength?: number | undefined
  /** Default `additive`. */
  readonly method?: SteeringMethod | undefined
}

/** Sets a feature's activation, whatever it was, and leaves everything else of the tensor as it is. */
export interface Clamp extends InterventionPlace {
  readonly type: "clamp"
  readonly feature: number
  /** -1,000,000 to 1,000,000. */
  readonly value: number
}

/** Takes a feature out: clamps it to 0. */
export interface Ablate extends InterventionPlace {
  readonly type: "ablate"
  readonly feature: number
}

/**
 * Puts the autoencoder into the model: the tensor becomes what the autoencoder makes of it, with the activations of
 * `features` set. With the error term, which is what the autoencoder misses of the tensor, nothing but those changes.
 */
export interface Splice extends InterventionPlace {
  readonly type: "splice"
  /** Activations by feature. */
  readonly features?: Readonly<Record<number, number>> | undefined
  /**
   * Whether what the autoencoder misses is added again. Default true. `false` runs the whole autoencoder in each step, and
   * shows what it costs the model to think in its features alone.
   */
  readonly errorTerm?: boolean | undefined
}

export type Intervention = Steer | Clamp | Ablate | Splice

/** Positions from `from` on that are below `to`, or those of a list. */
export type ReadPositions = ReadonlyArray<number> | { readonly from: number; readonly to: number }

/** What is done at a site. */
export type Change =
  | {
      readonly type: "steer"
      /** The index of a feature, or a vector. */
      readonly direction: number | Float32Array
      readonly strength: number
      readonly method: SteeringMethod
    }
  | {
      readonly type: "set"
      /** Features and the activations that they get. */
      readonly features: ReadonlyArray<readonly [index: number, activation: number]>
      /** How they were named: each in a record of `features`, or the only one by a field of its own. */
      readonly isListed: boolean
      readonly errorTerm: boolean
    }

/** An intervention as an engine is told it. What is left out of the site is chosen from the autoencoders that are there. */
export interface InterventionRequest {
  /** Its path, by which an error names it. */
  readonly option: string
  readonly place: Partial<Site>
  readonly positions: ReadPositions
  readonly change: Change
}

/**
 * The most that may be added to a tensor, by its length; Gemma's own have lengths of up to some thousands. Squares of what
 * an MLP makes of much more overflow float32 in the norm behind it, which then gives zeros without a word.
 */
export const mostAdded = 1_000_000

/** Times what a tensor has along a direction, it is no more than {@link mostAdded}. */
export const mostFactor = 1000

/** The most directions that one request may act along: each costs two products a token. */
const mostDirections = 1024

const placeNames = ["type", "layer", "site", "positions"]

const ownNames = {
  steer: ["feature", "vector", "strength", "method"],
  clamp: ["feature", "value"],
  ablate: ["feature"],
  splice: ["features", "errorTerm"],
} as const satisfies {
  readonly [Type in Intervention["type"]]: ReadonlyArray<keyof Extract<Intervention, { type: Type }>>
}

const types = Object.keys(ownNames)

/**
 * Reads a list of interventions, and refuses whatever can be judged without the model.
 *
 * @throws InvalidRequestError that names the first value that is wrong, such as `interventions[0].strength`
 */
export function readInterventions(
  list: ReadonlyArray<Intervention> | undefined,
): ReadonlyArray<InterventionRequest> | undefined {
  if (list === undefined) return undefined
  if (!Array.isArray(list)) {
    throw invalidRequest("interventions", `${show(list)} is no list`, 'Pass a list: [{ type: "steer", feature: 12 }].')
  }
  const read = list.map((intervention, i) => readIntervention(intervention, `interventions[${i}]`))
  const directions = read.reduce((sum, { change }) => sum + (change.type === "steer" ? 1 : change.features.length), 0)
  if (directions > mostDirections) {
    throw invalidRequest("interventions", `they act along ${directions} directions`, `Use at most ${mostDirections}.`)
  }
  return read
}

function readIntervention(intervention: Intervention, option: string): InterventionRequest {
  if (!isRecord(intervention)) {
    throw invalidRequest(
      option,
      `${show(intervention)} is no intervention`,
      `Pass an object with a type: ${types.join(", ")}.`,
    )
  }
  if (intervention.type === undefined)
    throw invalidRequest(`${option}.type`, "it is missing", `Use one of ${types.join(", ")}.`)
  checkOneOf(`${option}.type`, intervention.type, types)
  checkKnown(intervention, [...placeNames, ...ownNames[intervention.type]], option)
  return {
    option,
    place: readSite(intervention, `${option}.`),
    positions: readPositions(intervention.positions, `${option}.positions`),
    change: changeOf(intervention, option),
  }
}

function changeOf(intervention: Intervention, option: string): Change {
  switch (intervention.type) {
    case "steer":
      return steering(intervention, option)
    case "clamp":
      return set([[intervention.feature, intervention.value]], option, ["feature", "value"])
    case "ablate":
      return set([[intervention.feature, 0]], option, ["feature", "value"])
    case "splice":
      return splicing(intervention, option)
  }
}

function steering({ feature, method = "additive", strength = 1, vector }: Steer, option: string): Change {
  checkOneOf(`${option}.method`, method, steeringMethods)
  const most = method === "orthogonal-decomposition" ? mostFactor : mostAdded
  checkNumber(`${option}.strength`, strength, { min: -most, max: most, integer: false })
  if ((feature === undefined) === (vector === undefined)) {
    const problem = feature === undefined ? "it has neither a feature nor a vector" : "it has a feature and a vector"
    throw invalidRequest(option, problem, "Give the one that is to be steered along.")
  }
  if (vector === undefined) {
    checkFeature(`${option}.feature`, feature)
    return { type: "steer", direction: feature, strength, method }
  }
  const direction = readVector(vector, `${option}.vector`)
  checkLength(direction, { option, strength, method, named: "vector" })
  return { type: "steer", direction, strength, method }
}

/** How a direction is steered along, and by what it was named. */
interface Steered {
  readonly option: string
  readonly strength: number
  readonly method: SteeringMethod
  readonly named: "feature" | "vector"
}

/** @throws InvalidRequestError for a direction that is none, or that is steered along further than a model can take. */
export function checkLength(direction: Float32Array, { method, named, option, strength }: Steered): void {
  const length = lengthOf(direction)
  if (method !== "additive") {
    if (length > 0) return
    throw invalidRequest(`${option}.${named}`, "a vector of zeros has no direction", "Steer along another one.")
  }
  if (length * Math.abs(strength) <= mostAdded) return
  throw invalidRequest(
    `${option}.strength`,
    `${strength} times a vector of length ${length} is more than a model's norms can take`,
    `Keep the length of what is added at ${mostAdded} or below.`,
  )
}

/** The Euclidean length. */
export const lengthOf = (vector: Float32Array): number =>
  Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))

function readVector(vector: unknown, option: string): Float32Array {
  if (!(vector instanceof Float32Array) && !Array.isArray(vector)) {
    throw invalidRequest(
      option,
      `${typeof vector} where numbers are expected`,
      "Pass a Float32Array or a list of numbers.",
    )
  }
  const at = vector.findIndex((value: unknown) => typeof value !== "number" || !Number.isFinite(Math.fround(value)))
  if (at >= 0) throw invalidRequest(`${option}[${at}]`, `it is ${show(vector[at])}`, "Pass finite numbers.")
  // A copy: what a caller changes later is not seen.
  return Float32Array.from(vector)
}

function splicing({ errorTerm = true, features = {} }: Splice, option: string): Change {
  checkFlag(`${option}.errorTerm`, errorTerm)
  if (!isRecord(features)) {
    throw invalidRequest(
      `${option}.features`,
      `${show(features)} is no record`,
      "Use an object of features and activations: { 12: 0 }.",
    )
  }
  const entries = Object.entries(features).map(([key, value]) => {
    const index = Number(key)
    if (String(index) !== key)
      throw invalidRequest(`${option}.features[${key}]`, "there is no such feature", "Use whole numbers from 0.")
    return [index, value] as const
  })
  return { ...set(entries, option), errorTerm }
}

/** @param names of the fields that hold the only feature and its activation. */
function set(
  entries: ReadonlyArray<readonly [index: number, activation: unknown]>,
  option: string,
  names?: readonly [feature: string, value: string],
): Extract<Change, { readonly type: "set" }> {
  const features = entries.map(([index, activation]) => {
    const [feature, value] = names ?? [`features[${index}]`, `features[${index}]`]
    checkFeature(`${option}.${feature}`, index)
    return [index, checkedActivation(`${option}.${value}`, activation)] as const
  })
  return { type: "set", features, isListed: names === undefined, errorTerm: true }
}

function checkedActivation(option: string, activation: unknown): number {
  checkNumber(option, activation, { min: -mostAdded, max: mostAdded, integer: false })
  // Only numbers pass.
  return activation as number
}

/** How many features there are is known where the autoencoder is. */
function checkFeature(option: string, feature: unknown): asserts feature is number {
  checkNumber(option, feature, { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true })
}

const position = { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true }

function readPositions(positions: unknown, option: string): ReadPositions {
  if (positions === undefined) return { from: 1, to: Infinity }
  if (Array.isArray(positions)) {
    for (const [i, at] of positions.entries()) checkNumber(`${option}[${i}]`, at, position)
    return [...new Set<number>(positions)].sort((a, b) => a - b)
  }
  checkKnown(positions, ["from", "to"], option)
  const { from = 1, to } = positions as { readonly from?: number; readonly to?: number }
  checkNumber(`${option}.from`, from, position)
  if (to !== undefined) checkNumber(`${option}.to`, to, position)
  if (to !== undefined && to <= from) {
    throw invalidRequest(option, `there is no position from ${from} to ${to}`, "Let `to` be larger than `from`.")
  }
  return { from, to: to ?? Infinity }
}

/** Whether a position is one of them. */
export const isAmong = (positions: ReadPositions, at: number): boolean =>
  "from" in positions ? at >= positions.from && at < positions.to : positions.includes(at)
