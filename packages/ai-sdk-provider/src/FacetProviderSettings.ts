import type { Facet, OpenOptions } from "@facet/sdk"

/** What a provider of models is made of. */
export interface FacetProviderSettings {
  /**
   * An open `Facet`, which is shared and never closed by the provider, or the options to open one with: it is opened
   * when a model is first called, once per process and model, and closed by `dispose()`.
   */
  readonly facet?: Facet | OpenOptions | undefined
  /**
   * The model that is meant where no id is given. Default: the one of the options in `facet`, else `"tiny"`. Beside an
   * open `Facet` it only names the model that is open there; default then: `"default"`.
   */
  readonly model?: string | undefined
}
