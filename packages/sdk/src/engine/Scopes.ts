/** The autoencoders of open models: those that traces run, and those whose features interventions name. */
import * as Effect from "effect/Effect"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { SaeEntry } from "../scope/SaePath.ts"
import { type Labels, readLabels } from "../scope/Labels.ts"
import { chooseSae } from "../scope/chooseSae.ts"
import { searchPlaces } from "../scope/search/searchLabels.ts"
import { checked } from "../words/checked.ts"
import { asFacetError, type FacetError, InvalidRequestError } from "../words/Errors.ts"
import type { FoundFeature } from "../words/FeatureSearch.ts"
import type { FeatureSearchRequest, GenerateRequest, TraceRequest } from "../words/Request.ts"
import { checkLayer, type Site, siteKey } from "../words/Site.ts"
import type { Devices } from "./Devices.ts"
import { Interventions } from "./Interventions.ts"
import type { OpenModel } from "./OpenModel.ts"
import { OpenSae } from "./OpenSae.ts"
import { RecentlyUsed } from "./RecentlyUsed.ts"
import { remember } from "./remember.ts"
import { Residents } from "./Residents.ts"
import { resolveInterventions } from "./resolveInterventions.ts"
import { SaeFeatures } from "./SaeFeatures.ts"

/** A folder of autoencoders, or one of them. */
export interface Scope {
  readonly files: ModelFiles
  readonly entries: ReadonlyArray<SaeEntry>
}

/** A model that is ready, and the autoencoders that it was opened with. */
export interface Loaded {
  readonly model: OpenModel
  readonly scope: Scope | undefined
}

/** Autoencoders whose single features are kept for the next request: rows and columns, and arrays that are not in place. */
const mostFeatureFiles = 32

/** An autoencoder's features by what they write, and their labels by index. */
export interface NamedFeatures {
  readonly sae: SaeFeatures
  readonly labels: Labels
}

export class Scopes {
  readonly #devices: Pick<Devices, "runtime">
  readonly #saes = new Map<string, Promise<OpenSae>>()
  readonly #features = new RecentlyUsed<Promise<SaeFeatures>>(mostFeatureFiles)
  readonly #labels = new RecentlyUsed<Promise<Labels>>(mostFeatureFiles)
  readonly #residents: Residents

  /** @param scopeBytes the most of autoencoders' weights that stay in memory while others are used. */
  constructor(devices: Pick<Devices, "runtime">, scopeBytes: number) {
    this.#devices = devices
    this.#residents = new Residents(scopeBytes)
  }

  /** The one that a trace means: opened once, whoever asks first. */
  sae({ model, scope }: Loaded, wanted: TraceRequest): Effect.Effect<OpenSae, FacetError> {
    const open = async (): Promise<OpenSae> => {
      if (scope === undefined) throw noScope(model)
      const { entry, key } = await choose(scope, siteOf(wanted))
      const opening = this.#saes.get(key)
      if (opening !== undefined) return opening
      const { runtime } = this.#devices
      return remember(this.#saes, key, OpenSae.open(runtime, scope.files, entry, model.config, this.#residents))
    }
    return Effect.andThen(
      checked(() => {
        if (wanted.layer !== undefined) checkLayer(model.config.layers, wanted.layer)
      }),
      Effect.tryPromise({ try: open, catch: (cause) => asFacetError("Opening an autoencoder", cause) }),
    )
  }

  /** One for each site that has any, layer by layer. */
  all(loaded: Loaded): Effect.Effect<ReadonlyArray<OpenSae>, FacetError> {
    const { model, scope } = loaded
    if (scope === undefined) return Effect.fail(noScope(model))
    const sites = sitesOf(scope.entries).toSorted((a, b) => a.layer - b.layer || Number(a.site > b.site) - 0.5)
    return Effect.forEach(sites, (site) => this.sae(loaded, site))
  }

  /** The directions of an autoencoder's features, and what those stand for. */
  features({ model, scope }: Loaded, wanted: Partial<Site>): Effect.Effect<NamedFeatures, FacetError> {
    return Effect.tryPromise({
      try: async () => {
        if (scope === undefined) throw noScope(model)
        const { entry, key } = await choose(scope, wanted)
        return { sae: await this.#featuresOf(scope, entry, key, model), labels: await readLabels(scope.files, entry) }
      },
      catch: (cause) => asFacetError("Opening an autoencoder", cause),
    })
  }

  /** Features by their labels, of all autoencoders that a trace could take, or of one site's or layer's. */
  search(
    { model, scope }: Loaded,
    { query, topK, ...where }: FeatureSearchRequest,
  ): Effect.Effect<ReadonlyArray<FoundFeature>, FacetError> {
    return Effect.tryPromise({
      try: async () => {
        if (scope === undefined) throw noScope(model)
        const { layer, site } = where
        const sites = sitesOf(scope.entries).filter(
          (place) => (layer ?? place.layer) === place.layer && (site ?? place.site) === place.site,
        )
        // Says what there is where there is nothing.
        if (sites.length === 0) await choose(scope, siteOf(where))
        const labelled = await Promise.all(
          sites.map(async (place) => {
            const { entry, key } = await choose(scope, place)
            const known = this.#labels.get(key)
            return { place, labels: await (known ?? remember(this.#labels, key, readLabels(scope.files, entry))) }
          }),
        )
        return searchPlaces(labelled, query, topK)
      },
      catch: (cause) => asFacetError("Searching features", cause),
    })
  }

  /** Features are looked up where the model's autoencoders are; a request that changes nothing costs nothing. */
  interventions(
    { interventions }: Pick<GenerateRequest, "interventions">,
    { model, scope }: Loaded,
  ): Effect.Effect<Interventions, FacetError> {
    if (interventions === undefined || interventions.length === 0) return Effect.succeed(Interventions.none)
    const { config } = model
    const featuresAt = async (place: Partial<Site>): Promise<SaeFeatures> => {
      if (scope === undefined) throw noScope(model)
      const { entry, key } = await choose(scope, place)
      return this.#featuresOf(scope, entry, key, model)
    }
    return Effect.tryPromise({
      try: () => resolveInterventions(interventions, { config, featuresAt }),
      catch: (cause) => asFacetError("Reading the interventions", cause),
    })
  }

  #featuresOf({ files }: Scope, entry: SaeEntry, key: string, { config }: OpenModel): Promise<SaeFeatures> {
    const residents = this.#residents
    return (
      this.#features.get(key) ?? remember(this.#features, key, SaeFeatures.open(files, entry, config, { residents }))
    )
  }

  async release(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#saes.values())) {
      if (opened.status === "fulfilled") await opened.value.leave()
    }
  }
}

/** Where autoencoders belong, each place once. */
export function sitesOf(entries: ReadonlyArray<SaeEntry>): ReadonlyArray<Site> {
  const sites = new Map(entries.map(({ layer, site }) => [siteKey({ layer, site }), { layer, site }]))
  return [...sites.values()]
}

/** The layer and site that are given, of what may name both. */
export const siteOf = ({ layer, site }: Pick<TraceRequest, "layer" | "site">): Partial<Site> => ({
  ...(layer === undefined ? {} : { layer }),
  ...(site === undefined ? {} : { site }),
})

async function choose(scope: Scope, place: Partial<Site>): Promise<{ readonly entry: SaeEntry; readonly key: string }> {
  const entry = await chooseSae(scope, place)
  return { entry, key: JSON.stringify([scope.files.root, entry.file]) }
}

const noScope = (model: OpenModel) =>
  new InvalidRequestError({
    option: "scope",
    problem: `no autoencoders were opened for ${model.root}`,
    remedy: "Open it with `scope`: a Gemma Scope folder or one params.npz.",
  })
