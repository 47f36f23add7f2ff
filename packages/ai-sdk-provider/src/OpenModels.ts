/** Which open Facet is behind which model id. */
import { NoSuchModelError } from "@ai-sdk/provider"
import type { Facet, OpenOptions, SharedFacet } from "@facet/sdk"
import { modelNameOf } from "@facet/sdk/words"
import type { FacetProviderSettings } from "./FacetProviderSettings.ts"
import { toProviderError } from "./toProviderError.ts"

/** A model that is opened when it is first asked for. */
export interface SharedModel {
  readonly modelId: string
  /** @throws FacetProviderError when it cannot be opened, or the signal's reason */
  open(signal: AbortSignal | undefined): Promise<Facet>
}

export class OpenModels {
  readonly #given: Facet | OpenOptions
  readonly #defaultId: string
  readonly #shared = new Map<string, Promise<SharedFacet>>()

  constructor({ facet = {}, model }: FacetProviderSettings) {
    this.#given = facet
    this.#defaultId = model ?? (isOpen(facet) ? "default" : modelNameOf(facet.model ?? "tiny"))
  }

  /** @throws NoSuchModelError for another id than the default one, where the Facet is open already */
  text(modelId: string | undefined, modelType: NoSuchModelError["modelType"]): SharedModel {
    const id = modelId ?? this.#defaultId
    if (isOpen(this.#given)) return this.#open(this.#given, id, this.#defaultId, modelType)
    const { model: own = "tiny", ...options } = this.#given
    // Autoencoders and their place belong to one model.
    const { layer: _layer, scope: _scope, site: _site, ...others } = options
    const isOwn = id === modelNameOf(own)
    return this.#opening(`text ${id}`, id, { ...(isOwn ? options : others), model: isOwn ? own : id })
  }

  async dispose(): Promise<void> {
    const shared = [...this.#shared.values()]
    this.#shared.clear()
    const disposals = shared.map(async (one) => (await one).dispose())
    await Promise.all(disposals)
  }

  #open(facet: Facet, modelId: string, known: string, modelType: NoSuchModelError["modelType"]): SharedModel {
    if (modelId === known) return { modelId, open: async () => facet }
    const message = `No ${modelType} "${modelId}": the provider was made of an open Facet, whose only model is "${known}". Pass the options of Facet.open() instead to have models of other ids opened.`
    throw new NoSuchModelError({ modelId, modelType, message })
  }

  #opening(key: string, modelId: string, options: OpenOptions): SharedModel {
    const open = async (signal: AbortSignal | undefined) => {
      try {
        const shared = await this.#share(key, options)
        return await shared.get({ signal })
      } catch (error) {
        throw toProviderError(error, signal)
      }
    }
    return { modelId, open }
  }

  #share(key: string, options: OpenOptions): Promise<SharedFacet> {
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    // Loaded when a model is first called: importing a provider must not start an engine's runtime.
    const shared = import("@facet/sdk").then(({ openOnce }) => openOnce(options))
    this.#shared.set(key, shared)
    shared.catch(() => this.#shared.delete(key))
    return shared
  }
}

/** By its shape, so that the SDK need not be loaded to find out. */
const isOpen = (facet: Facet | OpenOptions): facet is Facet => "generate" in facet
