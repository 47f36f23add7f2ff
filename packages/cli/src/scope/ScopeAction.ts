import type { PublishedSae } from "@facet/sdk/models"
import type { ExitCode } from "../Command.ts"
import type { Console } from "../Console.ts"
import { UsageError } from "../UsageError.ts"

/** What the actions of `facet scope` are told on the command line. */
export interface ScopeValues {
  readonly model?: string | undefined
  readonly layer?: number | undefined
  readonly site?: string | undefined
  readonly width?: string | undefined
  readonly l0?: number | undefined
  readonly scope?: string | undefined
  readonly features?: string | undefined
  readonly texts?: number | undefined
  readonly out?: string | undefined
  readonly format?: string | undefined
  readonly on?: string | undefined
  readonly off?: string | undefined
  readonly top?: number | undefined
  readonly here?: boolean | undefined
  readonly yes?: boolean | undefined
  readonly json?: boolean | undefined
}

export type ScopeAction = (console: Console, name: string | undefined, values: ScopeValues) => Promise<ExitCode>

/** The autoencoder that is meant: by its name, or by its model, layer, site, width and L0. */
export async function namedSae(name: string | undefined, values: ScopeValues): Promise<PublishedSae> {
  const { findSae, readScopeName } = await import("@facet/sdk/models")
  const { l0, layer, model, site, width } = values
  const trained = model === undefined ? {} : { id: model }
  if (name === undefined) {
    if (model === undefined) throw new UsageError("name an autoencoder, or give --model and --layer")
    return findSae({ layer, site, width, l0 }, trained)
  }
  const named = readScopeName(name, trained)
  if (named === undefined) {
    throw new UsageError(
      `"${name}" names no autoencoder of Gemma Scope; \`facet scope list\` shows how they are called`,
    )
  }
  if (named.kind === "sae") return named.sae
  if (layer === undefined) {
    throw new UsageError(`${name} is a release of many: add --layer, and --width and --l0 where one is meant`)
  }
  return findSae(
    { release: named.release, layer, site: site ?? (await siteOfRelease(named.release)), width, l0 },
    trained,
  )
}

/** Most releases are of one site, which need not be named. */
async function siteOfRelease(release: string): Promise<string | undefined> {
  const { catalogue } = await import("@facet/sdk/models")
  const found = catalogue().find((sae) => sae.saeLensIds.some(([name]) => name === release) && sae.site !== "embedding")
  return found?.site
}

/** The shortest name of an autoencoder. */
export const nameOf = ({ file, saeLensIds }: PublishedSae): string => saeLensIds[0]?.join("/") ?? file
