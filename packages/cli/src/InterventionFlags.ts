/** Steering, ablating and clamping features from the command line. */
import type { OpenOptions } from "@facet/sdk"
import { type Intervention, isFacetError, parseSite, type Site, type SiteName } from "@facet/sdk/words"
import { UsageError } from "./UsageError.ts"

/** Of the commands that look into a model. */
export const scopeOption = {
  scope: {
    kind: "text",
    value: "DIR",
    about: "its autoencoders: a folder, one file of parameters, or a name (`facet scope list`)",
  },
} as const

export const interventionOptions = {
  steer: {
    kind: "list",
    value: "SITE.LAYER.INDEX=C",
    about: "add C times a feature's decoder row at every token but <bos>; may be given several times, as the next two",
  },
  ablate: { kind: "list", value: "SITE.LAYER.INDEX", about: "take a feature out" },
  clamp: { kind: "list", value: "SITE.LAYER.INDEX=V", about: "set a feature's activation to V" },
} as const

type GivenFlags = { readonly [Name in keyof typeof interventionOptions]?: ReadonlyArray<string> | undefined }

interface FeaturePlace {
  readonly site: SiteName
  readonly layer: number
  readonly feature: number
}

/**
 * @returns undefined where none was given.
 * @throws UsageError for what names no feature, or no number.
 */
export function readInterventions({
  ablate = [],
  clamp = [],
  steer = [],
}: GivenFlags): ReadonlyArray<Intervention> | undefined {
  const list: ReadonlyArray<Intervention> = [
    ...steer.map((text) => {
      const { number: strength, place } = placeAndNumber("--steer", text)
      return { type: "steer", ...place, strength } as const
    }),
    ...ablate.map((text) => ({ type: "ablate", ...placeOf("--ablate", text, text) }) as const),
    ...clamp.map((text) => {
      const { number: value, place } = placeAndNumber("--clamp", text)
      return { type: "clamp", ...place, value } as const
    }),
  ]
  return list.length === 0 ? undefined : list
}

/**
 * `--layer` and `--site`, of which the latter may be TransformerLens' name.
 *
 * @throws UsageError where there is no such site, or both contradict each other.
 */
export function readPlace({
  layer,
  site,
}: {
  readonly layer?: number | undefined
  readonly site?: string | undefined
}): Partial<Site> {
  try {
    return site === undefined ? (layer === undefined ? {} : { layer }) : parseSite(site, layer)
  } catch (cause) {
    throw isFacetError(cause) ? new UsageError(`--${cause.message}`) : cause
  }
}

/** Where the autoencoder of a single file belongs, as far as nobody said it: where it is to act. */
export function scopeFor(
  scope: string | undefined,
  { layer, site }: { readonly layer?: number | undefined; readonly site?: string | undefined },
  [first]: ReadonlyArray<Intervention> = [],
): Pick<OpenOptions, "scope" | "layer" | "site"> {
  if (scope === undefined) return {}
  // The paths in a folder say where its autoencoders belong.
  if (!/\.(?:npz|safetensors)$/.test(scope)) return { scope }
  const [knownLayer, knownSite] = [layer ?? first?.layer, site ?? first?.site]
  return {
    scope,
    ...(knownLayer !== undefined && { layer: knownLayer }),
    ...(knownSite !== undefined && { site: knownSite }),
  }
}

function placeAndNumber(flag: string, text: string): { readonly place: FeaturePlace; readonly number: number } {
  const [, place, number] = /^([^=]*)=(.+)$/.exec(text) ?? []
  if (place === undefined || number === undefined || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(number)) {
    throw new UsageError(`${flag} takes a feature and a number, such as resid_post.4.12=3.5, not "${text}"`)
  }
  return { place: placeOf(flag, place, text), number: Number(number) }
}

/** Which layers and features there are is for the model to say. */
function placeOf(flag: string, place: string, text: string): FeaturePlace {
  const [, site, layer, feature] = /^(.+)\.(\d+)\.(\d+)$/.exec(place) ?? []
  if (site === undefined) {
    const example = flag === "--ablate" ? "resid_post.4.12" : "resid_post.4.12=3.5"
    throw new UsageError(`${flag} takes a feature as SITE.LAYER.INDEX, such as ${example}, not "${text}"`)
  }
  try {
    return { site: parseSite(site, Number(layer)).site, layer: Number(layer), feature: Number(feature) }
  } catch (cause) {
    throw isFacetError(cause) ? new UsageError(`${flag} ${text}: ${cause.message}`) : cause
  }
}
