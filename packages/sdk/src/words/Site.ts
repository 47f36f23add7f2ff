/**
 * Where in the model a trace reads: a layer and one of its tensors, exactly those that Gemma Scope was trained on.
 *
 * - `resid_post`: the decoder layer's output, as wide as the residual stream;
 * - `attn_z`: the attention heads' outputs, concatenated, before `o_proj`;
 * - `mlp_out`: the output of `post_feedforward_layernorm`, as wide as the residual stream;
 * - `mlp_in_norm`: the residual stream before the MLP divided by its root mean square, without the norm's gain: what
 *   transcoders read;
 * - `mlp_in`: the output of `pre_feedforward_layernorm`, which is the same with the gain: what Gemma Scope 2's transcoders read.
 *
 * Sources: Gemma Scope (arXiv 2408.05147), section 3; of the last the `config.json` beside Gemma Scope 2's transcoders
 * (`hf_hook_point_in`). The wrong tensor gives plausible nonsense.
 */
import { checkUnicode, checkWhole } from "./Checks.ts"
import { InvalidRequestError } from "./Errors.ts"

export const siteNames = ["resid_post", "attn_z", "mlp_out", "mlp_in_norm", "mlp_in"] as const
export type SiteName = (typeof siteNames)[number]

/** A place in the model. Layers count from 0. */
export interface Site {
  readonly layer: number
  readonly site: SiteName
}

/** TransformerLens' names for the same tensors. */
const aliases: Readonly<Record<string, SiteName>> = {
  hook_resid_post: "resid_post",
  "attn.hook_z": "attn_z",
  hook_mlp_out: "mlp_out",
  "ln2.hook_normalized": "mlp_in_norm",
  "mlp.hook_in": "mlp_in",
}

/** The site of a name: its own, or TransformerLens' without the block. */
export const siteNamed = (name: string): SiteName | undefined =>
  siteNames.find((known) => known === name) ?? (Object.hasOwn(aliases, name) ? aliases[name] : undefined)

/** In the order in which a layer makes them. */
const order: ReadonlyArray<SiteName> = ["attn_z", "mlp_in_norm", "mlp_in", "mlp_out", "resid_post"]

/** Whether one of a layer's tensors is made before another. */
export const standsBefore = (one: SiteName, other: SiteName): boolean => order.indexOf(one) < order.indexOf(other)

/** A site in one word, by which the graph gives it out. */
export const siteKey = (site: Site): string => `${site.site}.${site.layer}`

/**
 * Reads a site's name: one of {@link siteNames}, or TransformerLens' (`hook_resid_post`, `blocks.3.attn.hook_z`, whose
 * layer must then agree with `layer`).
 *
 * @param path what stands before the names of the options in an error.
 * @throws InvalidRequestError when there is no such site, or the layers differ.
 */
export function parseSite(
  name: string,
  layer: number | undefined,
  path = "",
): { readonly site: SiteName; readonly layer?: number } {
  const block = /^blocks\.(\d+)\.(.+)$/.exec(name)
  const bare = block?.[2] ?? name
  const site = siteNamed(bare)
  if (site === undefined) {
    throw new InvalidRequestError({
      option: `${path}site`,
      problem: `"${name}" is not a site`,
      remedy: `Use one of ${siteNames.join(", ")}.`,
    })
  }
  const named = block === null ? undefined : Number(block[1])
  if (named !== undefined && layer !== undefined && named !== layer) {
    throw new InvalidRequestError({
      option: `${path}layer`,
      problem: `"${name}" is at layer ${named}, and layer ${layer} was asked for`,
      remedy: "Leave out the layer, or make both agree.",
    })
  }
  const known = layer ?? named
  return known === undefined ? { site } : { site, layer: known }
}

/**
 * A layer alone, a site alone, both or neither.
 *
 * @param path what stands before the names of the options in an error.
 * @throws InvalidRequestError when there is no such site, or both contradict each other.
 */
export function readSite(
  { layer, site }: { readonly layer?: number | undefined; readonly site?: string | undefined },
  path = "",
): Partial<Site> {
  checkWhole(`${path}layer`, layer)
  if (site !== undefined) {
    checkUnicode(`${path}site`, site)
    return parseSite(site, layer, path)
  }
  return layer === undefined ? {} : { layer }
}

/** @throws InvalidRequestError unless a model of so many layers has this one. */
export function checkLayer(layers: number, layer: number, option = "layer"): void {
  if (Number.isInteger(layer) && layer >= 0 && layer < layers) return
  throw new InvalidRequestError({
    option,
    problem: `${layer} is not a layer of this model`,
    remedy: `Use a whole number from 0 to ${layers - 1}.`,
  })
}
