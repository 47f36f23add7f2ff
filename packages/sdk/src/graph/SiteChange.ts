/**
 * What is changed at a site while a graph runs, along any number of directions, which come with the run.
 *
 * Along each of `J` directions something is read from a tensor `r`, as a feature of a JumpReLU autoencoder, and something
 * is added to the site's tensor `x`: `a = pre > threshold ? pre : 0` with `pre = r @ encoder + bias`, and
 * `(constant + gain * a) * decoder`. To steer is a constant alone; to clamp a feature to `v` is the constant `v` and the gain
 * -1, since `x` has `a` of it already; to scale what `x` has along a direction is a gain alone, with a threshold below
 * everything. Where the whole autoencoder is put in place of `x`, `base - x` is added, too, with the autoencoder's `b_dec` as
 * the base.
 *
 * What is read is `x` itself, or for a transcoder another tensor of the layer. Where an autoencoder normalises what it reads,
 * `r` is normed first, and what is added is scaled back: `(...) * scale`, and `base * scale + mean - x`. Where it takes the `k`
 * largest of all its features, `encoder` and `bias` are those of all `F`, and the directions are some of them.
 *
 * Where nothing is active, zeros are added: the tensor is the same bits.
 */
import type { Normalisation } from "../words/Normalisation.ts"
import { siteKey, type Site, type SiteName } from "../words/Site.ts"
import { largestOf } from "./largestOf.ts"
import { ElementType, type GraphBuilder, type Value } from "./Onnx.ts"
import { normalise } from "./normalise.ts"

/** A site, and how that is read by which its tensor is changed. A site alone reads itself, as it is. */
export interface ChangeSite extends Site {
  /** The tensor of the same layer that is read; it stands before the one that is changed. */
  readonly reads?: SiteName | undefined
  /** How an autoencoder normalises what it reads; left out: not at all. */
  readonly normalisation?: Normalisation | undefined
  /** Whether features are chosen among all of an autoencoder: the `k` largest. */
  readonly isTopK?: boolean | undefined
}

/** Equal for what reads and changes alike: a site's own key where it reads itself, as it is. */
export function changeKey(change: ChangeSite): string {
  const { isTopK = false, normalisation = "none", reads = change.site } = change
  const how = [reads === change.site ? "" : reads, normalisation === "none" ? "" : normalisation, isTopK ? "topk" : ""]
  return [siteKey(change), ...how.filter((word) => word !== "")].join("/")
}

/** The graph's inputs for one change, float32 where nothing else is said. */
export const inputNames = (change: ChangeSite) => {
  const key = changeKey(change)
  return {
    /** `[width of what is read, J]`; of top-k `[width of what is read, F]`. */
    encoder: `${key}.encoder`,
    /** `[J]`, of top-k `[F]`. */
    bias: `${key}.bias`,
    /** `[J]`, and so the next two. */
    threshold: `${key}.threshold`,
    constant: `${key}.constant`,
    gain: `${key}.gain`,
    /** `[J, width]`. */
    decoder: `${key}.decoder`,
    /** `[1, S, J]`: 1 where a direction is active, 0 where it is not. */
    active: `${key}.active`,
    /** `[width]`. */
    base: `${key}.base`,
    /** `[1, S, 1]`: 1 where `base` takes the tensor's place, 0 where it does not. */
    replaced: `${key}.replaced`,
    /** Of top-k, int64 `[1]`: at most `F`. */
    k: `${key}.k`,
    /** Of top-k, int64 `[J]`: which of the `F` the directions are. */
    chosen: `${key}.chosen`,
  } as const
}

/** Tensors and their widths. */
export interface Standing {
  /** `[1, S, width]`: what stands at the site. */
  readonly x: Value
  readonly width: number
  /** `[1, S, readWidth]`: what is read. */
  readonly read: Value
  readonly readWidth: number
}

/** What is to be added to `x`. */
export function changeOf(g: GraphBuilder, change: ChangeSite, { read, readWidth, width, x }: Standing): Value {
  const names = inputNames(change)
  const input = (name: string, shape: ReadonlyArray<number | string>): Value =>
    g.input(name, ElementType.float32, shape)
  const directions = `${changeKey(change)}.J`
  const features = change.isTopK === true ? `${changeKey(change)}.F` : directions
  const perDirection = (name: string): Value => input(name, [directions])
  const { mean, normed, scale } = normalise(g, change.normalisation ?? "none", read, readWidth)
  const product = g.op("MatMul", [normed, input(names.encoder, [readWidth, features])])
  const all = g.op("Add", [product, input(names.bias, [features])])
  const pre = change.isTopK === true ? chosen(g, names, directions, all) : all
  const passes = g.op("Greater", [pre, perDirection(names.threshold)])
  const active = g.op("Where", [passes, pre, g.scalar(0)])
  const along = g.op("Add", [perDirection(names.constant), g.op("Mul", [perDirection(names.gain), active])])
  const acting = g.op("Mul", [along, input(names.active, [1, "S", directions])])
  const scaled = (value: Value): Value => (scale === undefined ? value : g.op("Mul", [value, scale]))
  const added = scaled(g.op("MatMul", [acting, input(names.decoder, [directions, width])]))
  const base = scaled(input(names.base, [width]))
  const rest = g.op("Sub", [mean === undefined ? base : g.op("Add", [base, mean]), x])
  return g.op("Add", [added, g.op("Mul", [rest, input(names.replaced, [1, "S", 1])])])
}

/** The directions' own of all features, of which only the `k` largest are not zero. */
function chosen(g: GraphBuilder, names: ReturnType<typeof inputNames>, directions: string, all: Value): Value {
  const least = largestOf(g, all, g.input(names.k, ElementType.int64, [1]))
  const kept = g.op("Where", [g.op("Less", [all, least]), g.scalar(0), all])
  return g.op("Gather", [kept, g.input(names.chosen, ElementType.int64, [directions])], { attributes: { axis: -1 } })
}
