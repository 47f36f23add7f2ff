/** The interventions that are in force over a sequence: they make its keys and values what they are. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex } from "@noble/hashes/utils.js"
import { type ModelConfig, siteWidth } from "../graph/ModelConfig.ts"
import { invalidRequest } from "../words/Errors.ts"
import type { Intervention } from "../words/Intervention.ts"
import { checkLayer, type Site, siteKey } from "../words/Site.ts"

export class Interventions {
  /** Equal for equal interventions, and empty for none. */
  readonly key: string
  readonly sites: ReadonlyArray<Site>
  /** What is added at each site, by its key. */
  readonly #additions: ReadonlyMap<string, Float32Array>

  private constructor(additions: ReadonlyMap<string, Float32Array>, sites: ReadonlyArray<Site>) {
    this.#additions = additions
    this.sites = sites
    this.key = [...additions].map(([key, vector]) => `${key}=${digest(vector)}`).join(",")
  }

  static readonly none = new Interventions(new Map(), [])

  /**
   * Checks what a request asks for. Several at one site are added up.
   *
   * @throws InvalidRequestError when the model has no such layer, or a vector is not as wide as its site or not finite.
   */
  static of(list: ReadonlyArray<Intervention> | undefined, config: ModelConfig): Interventions {
    if (list === undefined || list.length === 0) return Interventions.none
    const additions = new Map<string, Float32Array>()
    const sites = new Map<string, Site>()
    for (const [i, { add, layer, site }] of list.entries()) {
      checkLayer(config.layers, layer)
      checkVector(`interventions[${i}].add`, add, siteWidth(config, site))
      const key = siteKey({ layer, site })
      const known = additions.get(key)
      additions.set(key, known === undefined ? add : known.map((value, at) => value + add[at]!))
      sites.set(key, { layer, site })
    }
    // In one order, so that the same interventions have the same key however they were listed.
    return new Interventions(new Map([...additions].sort(([a], [b]) => (a < b ? -1 : 1))), [...sites.values()])
  }

  /** undefined where nothing is added. */
  at(site: Site): Float32Array | undefined {
    return this.#additions.get(siteKey(site))
  }
}

const digest = (vector: Float32Array): string =>
  bytesToHex(sha256(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)))

function checkVector(option: string, vector: unknown, width: number): void {
  if (!(vector instanceof Float32Array) || vector.length !== width) {
    const found = vector instanceof Float32Array ? `${vector.length} numbers` : typeof vector
    throw invalidRequest(
      option,
      `${found} where a Float32Array of ${width} is expected`,
      "Pass one as wide as the site.",
    )
  }
  const at = vector.findIndex((value) => !Number.isFinite(value))
  if (at >= 0) throw invalidRequest(`${option}[${at}]`, `it is ${vector[at]}`, "Pass finite numbers.")
}
