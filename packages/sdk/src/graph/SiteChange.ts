/**
 * What is changed at a site while a graph runs, along any number of directions, which come with the run.
 *
 * Along each of `J` directions something is read from the tensor `x`, as a feature of a JumpReLU autoencoder, and something
 * is added: `a = pre > threshold ? pre : 0` with `pre = x @ encoder + bias`, and `(constant + gain * a) * decoder`. To steer
 * is a constant alone; to clamp a feature to `v` is the constant `v` and the gain -1, since `x` has `a` of it already; to scale
 * what `x` has along a direction is a gain alone, with a threshold below everything. Where the whole autoencoder is put in
 * place of `x`, `base - x` is added, too, with the autoencoder's `b_dec` as the base.
 *
 * Where nothing is active, zeros are added: the tensor is the same bits.
 */
import { siteKey, type Site } from "../words/Site.ts"
import { ElementType, type GraphBuilder, type Value } from "./Onnx.ts"

/** The graph's inputs for one site, all float32. */
export const inputNames = (site: Site) =>
  ({
    /** `[width, J]`. */
    encoder: `${siteKey(site)}.encoder`,
    /** `[J]`, and so the next three. */
    bias: `${siteKey(site)}.bias`,
    threshold: `${siteKey(site)}.threshold`,
    constant: `${siteKey(site)}.constant`,
    gain: `${siteKey(site)}.gain`,
    /** `[J, width]`. */
    decoder: `${siteKey(site)}.decoder`,
    /** `[1, S, J]`: 1 where a direction is active, 0 where it is not. */
    active: `${siteKey(site)}.active`,
    /** `[width]`. */
    base: `${siteKey(site)}.base`,
    /** `[1, S, 1]`: 1 where `base` takes the tensor's place, 0 where it does not. */
    replaced: `${siteKey(site)}.replaced`,
  }) as const

/** What is to be added to `x`, `[1, S, width]`, which stands at the site. */
export function changeOf(g: GraphBuilder, site: Site, width: number, x: Value): Value {
  const names = inputNames(site)
  const input = (name: string, shape: ReadonlyArray<number | string>): Value =>
    g.input(name, ElementType.float32, shape)
  const directions = `${siteKey(site)}.J`
  const perDirection = (name: string): Value => input(name, [directions])
  const pre = g.op("Add", [g.op("MatMul", [x, input(names.encoder, [width, directions])]), perDirection(names.bias)])
  const passes = g.op("Greater", [pre, perDirection(names.threshold)])
  const read = g.op("Where", [passes, pre, g.scalar(0)])
  const along = g.op("Add", [perDirection(names.constant), g.op("Mul", [perDirection(names.gain), read])])
  const active = g.op("Mul", [along, input(names.active, [1, "S", directions])])
  const added = g.op("MatMul", [active, input(names.decoder, [directions, width])])
  const rest = g.op("Sub", [input(names.base, [width]), x])
  return g.op("Add", [added, g.op("Mul", [rest, input(names.replaced, [1, "S", 1])])])
}
