/** The interventions that are in force over a sequence: they make its keys and values what they are. */
import { Tensor } from "onnxruntime-common"
import { type ModelConfig, siteWidth } from "../graph/ModelConfig.ts"
import { type ChangeSite, changeKey, inputNames } from "../graph/SiteChange.ts"
import type { Tensors } from "../runtime/Runtime.ts"
import { isAmong, type ReadPositions } from "../words/Intervention.ts"

/** What acts at a site along `J` directions, as the graph takes it: see `SiteChange.ts`. */
export interface Directions {
  readonly site: ChangeSite
  readonly width: number
  /** Equal only for what gives the same numbers. */
  readonly key: string
  readonly positions: ReadPositions
  /** `[width of what is read, J]`; of features that are chosen among `F` `[width of what is read, F]`. */
  readonly encoder: Float32Array
  /** `[J]`; of features that are chosen among `F` `[F]`. */
  readonly bias: Float32Array
  /** Where features are chosen: the most that are active, and which of all the directions are. */
  readonly choice?: { readonly k: number; readonly of: ReadonlyArray<number> } | undefined
  /** `[J]`, and so the next two. */
  readonly threshold: Float32Array
  readonly constant: Float32Array
  readonly gain: Float32Array
  /** `[J, width]`. */
  readonly decoder: Float32Array
  /** `[width]`: takes the tensor's place, and what is along the directions is added to it. */
  readonly base?: Float32Array | undefined
}

/** Whoever keeps a sequence keeps its interventions, too; so many bytes of them are little beside its keys and values. */
const mostKept = 16 * 1024 * 1024

export class Interventions {
  /** Equal for equal interventions, and empty for none. */
  readonly key: string
  readonly sites: ReadonlyArray<ChangeSite>
  /** Whether a sequence may be kept for the next request. A whole autoencoder is larger than what keeping it saves. */
  readonly areKept: boolean
  readonly #changes: ReadonlyMap<string, SiteInputs>

  private constructor(key: string, changes: ReadonlyMap<string, SiteInputs>) {
    this.key = key
    this.#changes = changes
    this.sites = [...changes.values()].map(({ site }) => site)
    this.areKept = [...changes.values()].reduce((sum, { bytes }) => sum + bytes, 0) <= mostKept
  }

  static readonly none = new Interventions("", new Map())

  /** Several at one site act at once, in whatever order they come. */
  static of(list: ReadonlyArray<Directions>): Interventions {
    if (list.length === 0) return Interventions.none
    // In one order, so that the same interventions are the same bits however they were listed.
    const sorted = list.toSorted((a, b) => Number(a.key > b.key) - Number(a.key < b.key))
    const changes = new Map<string, SiteInputs>()
    for (const { site } of sorted) {
      const key = changeKey(site)
      if (changes.has(key)) continue
      changes.set(key, new SiteInputs(sorted.filter((other) => changeKey(other.site) === key)))
    }
    return new Interventions(JSON.stringify(sorted.map(({ key }) => key)), changes)
  }

  /**
   * What a run over some tokens feeds to a site that the session is open for.
   *
   * @param positions of the run's tokens.
   */
  feedsAt(site: ChangeSite, config: ModelConfig, positions: ReadonlyArray<number>): Tensors {
    return (this.#changes.get(changeKey(site)) ?? nothingAt(site, config)).feeds(positions)
  }
}

/** A graph's inputs at one site: those that are the same in each run are made once. */
class SiteInputs {
  readonly site: ChangeSite
  readonly #constant: Tensors
  /** Of each direction. */
  readonly #positions: ReadonlyArray<ReadPositions>
  readonly #replaced: ReadPositions

  /** @param all of one site, at least one. */
  constructor(all: ReadonlyArray<Directions>) {
    const [first] = all
    if (first === undefined) throw new Error("no directions at a site")
    const { site, width } = first
    this.site = site
    this.#positions = all.flatMap(({ constant, positions }) => Array.from(constant, () => positions))
    this.#replaced = all.find(({ base }) => base !== undefined)?.positions ?? []
    const names = inputNames(site)
    const count = this.#positions.length
    const perDirection = (name: "threshold" | "constant" | "gain"): Tensor =>
      new Tensor("float32", joined(all.map((directions) => directions[name])), [count])
    this.#constant = {
      ...(first.choice === undefined ? encoders(names, all) : choices(names, all, first)),
      [names.decoder]: new Tensor("float32", joined(all.map(({ decoder }) => decoder)), [count, width]),
      [names.threshold]: perDirection("threshold"),
      [names.constant]: perDirection("constant"),
      [names.gain]: perDirection("gain"),
      [names.base]: new Tensor("float32", all.find(({ base }) => base)?.base ?? new Float32Array(width), [width]),
    }
  }

  get bytes(): number {
    return Object.values(this.#constant).reduce((sum, { size }) => sum + Float32Array.BYTES_PER_ELEMENT * size, 0)
  }

  feeds(positions: ReadonlyArray<number>): Tensors {
    const names = inputNames(this.site)
    const count = this.#positions.length
    const active = new Float32Array(positions.length * count)
    const replaced = new Float32Array(positions.length)
    for (const [row, position] of positions.entries()) {
      for (let i = 0; i < count; i++) active[row * count + i] = isAmong(this.#positions[i]!, position) ? 1 : 0
      replaced[row] = isAmong(this.#replaced, position) ? 1 : 0
    }
    return {
      ...this.#constant,
      [names.active]: new Tensor("float32", active, [1, positions.length, count]),
      [names.replaced]: new Tensor("float32", replaced, [1, positions.length, 1]),
    }
  }
}

type Names = ReturnType<typeof inputNames>

/** Each direction reads by itself. */
function encoders(names: Names, all: ReadonlyArray<Directions>): Tensors {
  const bias = joined(all.map((directions) => directions.bias))
  const encoder = besideEachOther(all)
  return {
    [names.encoder]: new Tensor("float32", encoder, [encoder.length / bias.length, bias.length]),
    [names.bias]: new Tensor("float32", bias, [bias.length]),
  }
}

/** The directions are some of an autoencoder's features, which at one site are all of the same one. */
function choices(names: Names, all: ReadonlyArray<Directions>, { bias, choice, encoder }: Directions): Tensors {
  const of = BigInt64Array.from(
    all.flatMap((directions) => directions.choice?.of ?? []),
    BigInt,
  )
  return {
    [names.encoder]: new Tensor("float32", encoder, [encoder.length / bias.length, bias.length]),
    [names.bias]: new Tensor("float32", bias, [bias.length]),
    [names.k]: new Tensor("int64", BigInt64Array.of(BigInt(Math.min(choice?.k ?? 1, bias.length))), [1]),
    [names.chosen]: new Tensor("int64", of, [of.length]),
  }
}

/** One direction of zeros: not every device multiplies by a matrix without columns. */
function nothingAt(site: ChangeSite, config: ModelConfig): SiteInputs {
  const zero = new Float32Array(1)
  const width = siteWidth(config, site.site)
  const encoder = new Float32Array(siteWidth(config, site.reads ?? site.site))
  const choice = site.isTopK === true ? { k: 1, of: [0] } : undefined
  const directions = { key: "", positions: [], bias: zero, threshold: zero, constant: zero, gain: zero, choice }
  return new SiteInputs([{ ...directions, site, width, encoder, decoder: new Float32Array(width) }])
}

const joined = ([first, ...others]: ReadonlyArray<Float32Array>): Float32Array => {
  if (first === undefined || others.length === 0) return first ?? new Float32Array(0)
  const whole = new Float32Array(others.reduce((sum, { length }) => sum + length, first.length))
  let at = 0
  for (const part of [first, ...others]) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The encoders' columns, as one matrix. */
function besideEachOther(all: ReadonlyArray<Directions>): Float32Array {
  const [first] = all
  if (first === undefined || all.length === 1) return first?.encoder ?? new Float32Array(0)
  const width = first.encoder.length / first.bias.length
  const count = all.reduce((sum, { constant }) => sum + constant.length, 0)
  const whole = new Float32Array(width * count)
  let column = 0
  for (const { constant, encoder } of all) {
    const { length } = constant
    for (let row = 0; row < width; row++) {
      whole.set(encoder.subarray(row * length, (row + 1) * length), row * count + column)
    }
    column += length
  }
  return whole
}
